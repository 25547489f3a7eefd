import { CfnResource, RemovalPolicy } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Environment } from "./environments.ts";

/** Fixes the name by which CloudFormation knows a thing: a new name would make a new thing, and delete this one. */
export const pinned = (thing: Construct, logicalId: string): CfnResource => {
  const resource = thing.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) throw new Error(`${logicalId} is not one resource`);
  resource.overrideLogicalId(logicalId);
  return resource;
};

/** The same for a thing that holds data: where data is protected, it also outlives its stack. */
export const stateful = (thing: Construct, logicalId: string, { protectData }: Environment) =>
  pinned(thing, logicalId).applyRemovalPolicy(protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
