import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { dynamoDbEndpoint } from "../../infra/local/command-line.ts";
import { createTable, localClient } from "../../infra/local/dynamodb.ts";
import { differences, type Engine } from "./differences.ts";

// Run on the embedded engine by `npm test`, and on DynamoDB Local by `npm run test:witness`: what is no difference any
// more fails here, and its line can go.
const engine: Engine = dynamoDbEndpoint === null ? "embedded" : "dynamoDbLocal";
const table = `differences-${Date.now()}`;
let client: DynamoDBClient;

beforeAll(async () => {
  const { AWS_ENDPOINT_URL_DYNAMODB: endpoint = "" } = inject("variables");
  await createTable(endpoint, table);
  client = localClient(endpoint);
});
afterAll(() => client.destroy());

test.each(differences)("the engines still differ in $what", async (difference) => {
  expect(await difference.see(client, table)).toBe(difference[engine]);
});
