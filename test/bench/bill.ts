import type { Template } from "aws-cdk-lib/assertions";
import type { Environment } from "../../infra/environments.ts";
import { memoryMiB } from "../../infra/function.ts";
import { dollarsFor, freePeople, GiB } from "./prices.ts";

/** Dollars by what they are paid for. */
export type Bill = Record<string, number>;

/**
 * What an order and the requests around it take. `write` and `read` in capacity units of the table; `cpuMs` of the
 * handlers; `answeringMs` and `startingMs` as functions are billed; `logBytes` with what CloudWatch adds to each line.
 */
export type Usage = {
  requests: number;
  invocations: number;
  calls: number;
  write: number;
  read: number;
  cpuMs: number;
  answeringMs: number;
  startingMs: number;
  logBytes: number;
  answerBytes: number;
};

/**
 * The gateway and the bare writes alone: seven requests; three lines put into a cart, the order, the cart emptied, each
 * a write by itself and of one unit.
 */
export const floor: Partial<Usage> = { requests: 7, write: 5 };

const orders = 1e6;

/** Dollars for a million orders that each take this much; what is not said is none. */
export function billOfOrders(each: Partial<Usage>): Bill {
  const seconds = (ms = 0) => (orders * ms * memoryMiB) / 1000 / 1024;
  return {
    "API Gateway": dollarsFor("request", orders * (each.requests ?? 0)),
    "table, writes": dollarsFor("writeUnit", orders * (each.write ?? 0)),
    "table, reads": dollarsFor("readUnit", orders * (each.read ?? 0)),
    "functions, invocations": dollarsFor("invocation", orders * (each.invocations ?? 0)),
    "functions, answering": dollarsFor("gigabyteSecond", seconds(each.answeringMs)),
    "functions, starting": dollarsFor("gigabyteSecond", seconds(each.startingMs)),
    "logs taken in": dollarsFor("logTaken", orders * (each.logBytes ?? 0)),
    "traffic out": dollarsFor("trafficOut", orders * (each.answerBytes ?? 0)),
  };
}

/** Dollars for a month in which nobody calls, with a GB in the table and one of logs; `operations`: the stack's template. */
export function idleBill({ protectData }: Environment, operations: Template): Bill {
  const alarms = Object.values(operations.findResources("AWS::CloudWatch::Alarm"));
  // an alarm on an expression is paid for each metric in it
  const metrics = alarms.flatMap(({ Properties }) =>
    Properties.Metrics ? Properties.Metrics.filter((one: object) => "MetricStat" in one) : [Properties],
  );
  const dashboards = Object.keys(operations.findResources("AWS::CloudWatch::Dashboard"));
  return {
    "table at rest": dollarsFor("tableAtRest", GiB),
    "its recovery": dollarsFor("recovery", protectData ? GiB : 0),
    "logs at rest": dollarsFor("logAtRest", GiB),
    alarms: dollarsFor("alarmMetric", metrics.length),
    dashboard: dollarsFor("dashboard", dashboards.length),
  };
}

/** Dollars a month for the figures counted in the logs, were each published in every hour: in idle hours none is. */
export const countingAtMost = (operations: Template): number =>
  dollarsFor("metric", Object.keys(operations.findResources("AWS::Logs::MetricFilter")).length);

/** Dollars for so many people who sign in within a month. */
export const signInBill = (people: number): number =>
  dollarsFor("activePerson", Math.max(0, people - freePeople));

export const total = (bill: Bill): number => Object.values(bill).reduce((sum, dollars) => sum + dollars, 0);
