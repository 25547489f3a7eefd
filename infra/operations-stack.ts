import { Annotations, Duration, Stack } from "aws-cdk-lib";
import { CfnBudget } from "aws-cdk-lib/aws-budgets";
import {
  Alarm,
  AlarmStatusWidget,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  type MetricProps,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { FilterPattern, MetricFilter, QueryDefinition, QueryString } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { layout } from "../shared/table/keys.ts";
import type { ApiStack } from "./api-stack.ts";
import type { DataStack } from "./data-stack.ts";
import type { Environment } from "./environments.ts";
import { functionName } from "./function.ts";

type Parts = { environment: Environment; data: DataStack; api: ApiStack };

/** What is counted in the request log: no metric of AWS's own knows it. Nothing is published, or paid for, at rest. */
export const requestCounts = {
  Faults: "{ $.status = 500 }",
  Unavailable: "{ $.status = 503 }",
  ConflictsExhausted: '{ ($.code = "temporarily-unavailable") && ($.conflicts > 0) }',
  // a replay writes nothing
  OrdersPlaced: '{ ($.route = "POST /api/orders") && ($.status = 201) && ($.write > 0) }',
  Refused: "{ ($.status >= 400) && ($.status < 500) }",
  ColdStarts: "{ $.cold IS TRUE }",
};
/** And in the access log: a 429 is the gateway's own, which its metrics do not tell from other 4xx. */
export const accessCounts = { Throttled: '{ $.status = "429" }' };

/** How it is going: metrics and saved queries everywhere; a dashboard, alarms and their mail where it is watched; a budget. */
export class OperationsStack extends Stack {
  readonly #parts: Parts;
  readonly #namespace: string;

  constructor(scope: Construct, id: string, parts: Parts) {
    super(scope, id);
    this.#parts = parts;
    this.#namespace = `Bookshop/${parts.environment.name}`;

    this.countInLogs();
    this.saveQueries();
    if (parts.environment.watched) this.dashboard(this.alarms());
    if (parts.environment.watched && !parts.environment.alarmsTo)
      Annotations.of(this).addWarningV2(
        "bookshop:alarmsTo",
        "Its alarms and its budget reach nobody: set alarmsTo.",
      );
    if (parts.environment.budget !== undefined) this.budget(parts.environment.budget);
  }

  private countInLogs() {
    const { requestLog, accessLog } = this.#parts.api;
    for (const [logGroup, counts] of [
      [requestLog, requestCounts],
      [accessLog, accessCounts],
    ] as const)
      for (const [metricName, pattern] of Object.entries(counts))
        new MetricFilter(this, metricName, {
          logGroup,
          metricNamespace: this.#namespace,
          metricName,
          filterPattern: FilterPattern.literal(pattern),
        });
  }

  private saveQueries() {
    const { environment, api } = this.#parts;
    const save = (id: string, title: string, queryString: QueryString, logGroups = [api.requestLog]) =>
      new QueryDefinition(this, id, {
        queryDefinitionName: `bookshop-${environment.name}/${title}`,
        queryString,
        logGroups,
      });
    const fields = ["@timestamp", "requestId", "route", "sub", "order", "status", "code", "ms", "conflicts"];
    const inOrder = (filter: string) =>
      new QueryString({ fields, filterStatements: [filter], sort: "@timestamp asc" });
    save("OneOrder", "All that happened to an order", inOrder('order = "ORDER-ID"'));
    save("OneCustomer", "All that a customer did", inOrder('sub = "CUSTOMER-ID"'));
    save(
      "OneRequest",
      "All about a request",
      new QueryString({
        fields: ["@timestamp", "@message"],
        filterStatements: ['requestId = "REQUEST-ID"'],
        sort: "@timestamp asc",
      }),
      [api.requestLog, api.accessLog],
    );
    save("Slowest", "Slowest requests", new QueryString({ fields, sort: "ms desc", limit: 50 }));
    save(
      "Refusals",
      "Refusals by code",
      new QueryString({
        filterStatements: ["status >= 400"],
        statsStatements: ["count(*) as requests by code, route"],
        sort: "requests desc",
      }),
    );
  }

  private alarms(): Alarm[] {
    const { environment, api } = this.#parts;
    const topic = new Topic(this, "AlarmMail", { displayName: "Bookshop alarms", enforceSSL: true });
    // A policy of one's own takes the place of the one by which any alarm of the account may publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": this.account } },
      }),
    );
    if (environment.alarmsTo) topic.addSubscription(new EmailSubscription(environment.alarmsTo));

    const index = { GlobalSecondaryIndexName: layout.index.name };
    /** On as soon as one five minutes reach the threshold, unless `of` says how many must. */
    const alarm = (
      name: string,
      threshold: number,
      metric: IMetric,
      what: string,
      of: {
        evaluationPeriods: number;
        datapointsToAlarm: number;
        evaluateLowSampleCountPercentile?: string;
      } = {
        evaluationPeriods: 1,
        datapointsToAlarm: 1,
      },
    ) => {
      const one = new Alarm(this, name, {
        alarmName: `bookshop-${environment.name}-${name}`,
        alarmDescription: `${what} See docs/operations.md#alarms.`,
        metric,
        threshold,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        // None of these metrics has figures while nothing happens, and nothing is wrong then.
        treatMissingData: TreatMissingData.NOT_BREACHING,
        ...of,
      });
      one.addAlarmAction(new SnsAction(topic));
      one.addOkAction(new SnsAction(topic));
      return one;
    };
    return [
      alarm(
        "server-errors",
        5,
        api.api.metricServerError(),
        "Callers get 5xx. Run the saved query 'Refusals by code': internal-error is a bug, ordering-paused your own setting, " +
          "temporarily-unavailable a busy or unreachable table; where it shows none, a function did not answer: look for its timeouts in the request log.",
      ),
      alarm(
        "slow",
        3000,
        api.api.metricLatency({ statistic: "p99" }),
        "One request in a hundred takes 3 s or longer. Run the saved query 'Slowest requests': many calls mean conflicts " +
          "or throttles, few calls a slow table or cold starts.",
        { evaluationPeriods: 3, datapointsToAlarm: 3, evaluateLowSampleCountPercentile: "ignore" },
      ),
      alarm(
        "faults",
        1,
        this.counted("Faults"),
        "A request was answered 500, which is always a bug. Search the request log for lines with error: they have the " +
          "stack; the request wrote all of what it should or nothing.",
      ),
      alarm(
        "conflicts-exhausted",
        5,
        this.counted("ConflictsExhausted"),
        "Requests gave up with 503 since others kept changing the same things. Filter the request log for conflicts > 0: one " +
          "sub is one customer's client gone wild, many are a bestseller's stock; nothing is lost, and callers try again.",
      ),
      alarm(
        "callers-throttled",
        50,
        this.counted("Throttled"),
        "API Gateway turns callers away with 429. See in the access log on which route: a rush, then raise its rate in " +
          "functions/routes.ts, or an attack, then leave it.",
      ),
      alarm(
        "functions-throttled",
        1,
        new Metric({ ...sum, namespace: "AWS/Lambda", metricName: "Throttles" }),
        "Lambda refused to run functions of this account and region, for want of concurrency. Ask for more in Service Quotas, " +
          "'Concurrent executions', and look for other functions that take it all.",
      ),
      alarm(
        "table-throttled",
        10,
        new MathExpression({
          expression: "FILL(reads, 0) + FILL(writes, 0) + FILL(indexReads, 0) + FILL(indexWrites, 0)",
          usingMetrics: {
            reads: this.ofTable("ReadThrottleEvents"),
            writes: this.ofTable("WriteThrottleEvents"),
            indexReads: this.ofTable("ReadThrottleEvents", index),
            indexWrites: this.ofTable("WriteThrottleEvents", index),
          },
          period: sum.period,
        }),
        "DynamoDB throttles the table or its index: more at once than it has grown to, or one hot key. It grows by itself; if it " +
          "goes on, see which of the four metrics it is, and warm throughput or a split of the index's groups helps.",
        // these figures come late, and a minute that has none yet counts as 0
        { evaluationPeriods: 3, datapointsToAlarm: 1 },
      ),
      alarm(
        "welcome-failed",
        1,
        new Metric({
          ...sum,
          namespace: "AWS/Lambda",
          metricName: "Errors",
          dimensionsMap: { FunctionName: functionName(environment, "welcome-customer") },
        }),
        "Somebody signed up and is no customer: every request of theirs is 403. npm run admin -- repair --env " +
          `${environment.name} makes them one; why it was needed is in the log of welcome-customer.`,
      ),
    ];
  }

  private dashboard(alarms: Alarm[]) {
    const { environment, api } = this.#parts;
    const placing = (statistic: string) =>
      new Metric({
        ...sum,
        namespace: "AWS/Lambda",
        metricName: "Duration",
        statistic,
        label: `place-order ${statistic}`,
        dimensionsMap: { FunctionName: functionName(environment, "place-order") },
      });
    const graph = (title: string, ...left: IMetric[]) => new GraphWidget({ title, left, width: 12 });
    new Dashboard(this, "Dashboard", {
      dashboardName: `bookshop-${environment.name}`,
      widgets: [
        [new AlarmStatusWidget({ alarms, width: 24, height: 2 })],
        [
          graph("Requests", api.api.metricCount({ statistic: "Sum" }), this.counted("OrdersPlaced")),
          graph(
            "Answers that are none",
            ...(["Faults", "Unavailable", "ConflictsExhausted", "Throttled", "Refused"] as const).map(
              (name) => this.counted(name),
            ),
          ),
        ],
        [
          graph(
            "Time to answer, ms",
            ...["p50", "p99"].map((statistic) => api.api.metricLatency({ statistic, label: statistic })),
            ...["p50", "p99"].map(placing),
          ),
          graph("New environments", this.counted("ColdStarts")),
        ],
        [
          graph(
            "Units of the table",
            this.ofTable("ConsumedReadCapacityUnits"),
            this.ofTable("ConsumedWriteCapacityUnits"),
          ),
          graph(
            "Contention at the table",
            this.ofTable("TransactionConflict"),
            this.ofTable("ReadThrottleEvents"),
            this.ofTable("WriteThrottleEvents"),
          ),
        ],
      ],
    });
  }

  private budget(dollars: number) {
    const { alarmsTo } = this.#parts.environment;
    const mail = (address: string, notificationType: "ACTUAL" | "FORECASTED", threshold: number) => ({
      notification: { notificationType, threshold, comparisonOperator: "GREATER_THAN" },
      subscribers: [{ subscriptionType: "EMAIL", address }],
    });
    // Without a name of its own: another address makes another budget, while the old one still has its name.
    new CfnBudget(this, "Budget", {
      budget: {
        budgetType: "COST",
        timeUnit: "MONTHLY",
        budgetLimit: { amount: dollars, unit: "USD" },
      },
      ...(alarmsTo && {
        notificationsWithSubscribers: [
          ...[50, 80, 100].map((percent) => mail(alarmsTo, "ACTUAL", percent)),
          mail(alarmsTo, "FORECASTED", 100),
        ],
      }),
    });
  }

  private counted(metricName: keyof typeof requestCounts | keyof typeof accessCounts) {
    return new Metric({ ...sum, namespace: this.#namespace, metricName });
  }

  private ofTable(metricName: string, more: Record<string, string> = {}) {
    const dimensionsMap = { TableName: this.#parts.data.table.tableName, ...more };
    return new Metric({ ...sum, namespace: "AWS/DynamoDB", metricName, dimensionsMap });
  }
}

const sum = { statistic: "Sum", period: Duration.minutes(5) } satisfies Partial<MetricProps>;
