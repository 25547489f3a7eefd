import { Stack } from "aws-cdk-lib";
import {
  AttributeType,
  Billing,
  type ITableV2,
  ProjectionType,
  TableEncryptionV2,
  TableV2,
} from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { layout } from "../shared/table/keys.ts";
import type { Environment } from "./environments.ts";
import { stateful } from "./stateful.ts";

const text = (name: string) => ({ name, type: AttributeType.STRING });

const atMost = ({ read, write }: Environment["mostUnits"]["table"]) => ({
  maxReadRequestUnits: read,
  maxWriteRequestUnits: write,
});

/** The one table, and where one was restored from it, that one as what is used. */
export class DataStack extends Stack {
  readonly table: Pick<ITableV2, "tableName" | "tableArn">;

  constructor(scope: Construct, id: string, { environment }: { environment: Environment }) {
    super(scope, id, { terminationProtection: environment.protectData });

    const table = new TableV2(this, "Table", {
      partitionKey: text(layout.partitionKey),
      sortKey: text(layout.sortKey),
      timeToLiveAttribute: layout.expiry,
      globalSecondaryIndexes: [
        {
          indexName: layout.index.name,
          partitionKey: text(layout.index.partitionKey),
          sortKey: text(layout.index.sortKey),
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: [...layout.index.carries],
          ...atMost(environment.mostUnits.index),
        },
      ],
      billing: Billing.onDemand(atMost(environment.mostUnits.table)),
      // Encrypted at rest with a key that DynamoDB owns: no charge, nothing to rotate.
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: environment.protectData },
      deletionProtection: environment.protectData,
    });
    stateful(table, "Table", environment);

    // Pinned: an export that another stack still imports cannot be taken away.
    this.exportValue(table.tableName);
    this.exportValue(table.tableArn);

    this.table = environment.restoredTable
      ? TableV2.fromTableName(this, "RestoredTable", environment.restoredTable)
      : table;
  }
}
