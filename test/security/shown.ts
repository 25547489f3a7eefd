import type {} from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** What `npm run test:security` prints of a test that has passed: a table, figures. */
    shown?: string;
  }
}
