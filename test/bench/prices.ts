/** Dollars for `per` of the unit. `page`: where AWS lists it, `readOn`: where the figure was read. */
export type Price = { dollars: number; per: number; unit: string; page: string; readOn: string };

export const GiB = 2 ** 30;
/** The day on which all of them were looked up. */
export const lookedUp = "2026-11-25";

/**
 * List prices of us-east-1: the first tier, before any free allowance but Cognito's. AWS's own pages draw most of their
 * figures by script, so they were read on pages that quote them.
 */
// biome-ignore format: it is a table
export const prices = {
  request:        { dollars: 1.00,  per: 1e6, unit: "HTTP API request, each started 512 KB",  page: "aws.amazon.com/api-gateway/pricing", readOn: "awsforengineers.com/blog/aws-api-gateway-pricing-explained" },
  invocation:     { dollars: 0.20,  per: 1e6, unit: "Lambda invocation",                      page: "aws.amazon.com/lambda/pricing",      readOn: "git.mcrn.ar/mariano/lambda_local_runner, lambda-13-cost.md" },
  gigabyteSecond: { dollars: 13.3334, per: 1e6, unit: "GB-second on arm64, INIT included",    page: "aws.amazon.com/lambda/pricing",      readOn: "cloudchipr.com/blog/aws-lambda-pricing" },
  writeUnit:      { dollars: 0.625, per: 1e6, unit: "write request unit, on demand",          page: "aws.amazon.com/dynamodb/pricing/on-demand", readOn: "airbyte.com/data-engineering-resources/dynamodb-pricing" },
  readUnit:       { dollars: 0.125, per: 1e6, unit: "read request unit, on demand",           page: "aws.amazon.com/dynamodb/pricing/on-demand", readOn: "airbyte.com/data-engineering-resources/dynamodb-pricing" },
  tableAtRest:    { dollars: 0.25,  per: GiB, unit: "byte in a table for a month",            page: "aws.amazon.com/dynamodb/pricing/on-demand", readOn: "aws.amazon.com/dynamodb/pricing" },
  recovery:       { dollars: 0.20,  per: GiB, unit: "byte that can be restored, for a month", page: "aws.amazon.com/dynamodb/pricing/on-demand", readOn: "finops.com.py/services/dynamodb/backups" },
  logTaken:       { dollars: 0.50,  per: GiB, unit: "byte of log taken in",                   page: "aws.amazon.com/cloudwatch/pricing",  readOn: "factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards" },
  logAtRest:      { dollars: 0.03,  per: GiB, unit: "byte of log kept for a month",           page: "aws.amazon.com/cloudwatch/pricing",  readOn: "mohammadshaker.com/en/tech/alqosh-cost-optimization-04-cloudwatch-cost-management" },
  metric:         { dollars: 0.30,  per: 1,   unit: "custom metric for a month",              page: "aws.amazon.com/cloudwatch/pricing",  readOn: "signoz.io/guides/cloudwatch-pricing" },
  alarmMetric:    { dollars: 0.10,  per: 1,   unit: "metric of an alarm for a month",         page: "aws.amazon.com/cloudwatch/pricing",  readOn: "c3x.dev/resources/aws/aws_cloudwatch_metric_alarm" },
  dashboard:      { dollars: 3.00,  per: 1,   unit: "dashboard for a month",                  page: "aws.amazon.com/cloudwatch/pricing",  readOn: "factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards" },
  trafficOut:     { dollars: 0.09,  per: GiB, unit: "byte to the internet",                   page: "aws.amazon.com/ec2/pricing/on-demand", readOn: "apigatewaycost.com/aws" },
  activePerson:   { dollars: 0.015, per: 1,   unit: "person who signs in within a month, Essentials", page: "aws.amazon.com/cognito/pricing", readOn: "danguisinger.com/aws/cognito" },
} satisfies Record<string, Price>;

/** People who sign in for nothing within a month, by the pages of `activePerson`. */
export const freePeople = 10_000;

/** What so much of something costs, in dollars. */
export const dollarsFor = (what: keyof typeof prices, amount: number): number =>
  (amount * prices[what].dollars) / prices[what].per;
