/** How long a tool waits for AWS: milliseconds to connect, and for each of three tries. */
export const remoteCalls = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};
