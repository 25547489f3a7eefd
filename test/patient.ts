/** Times in which a store is waited for: what ends a request of a test is its calls, and not how busy this machine is. */
export const patient = { STORE_CONNECT_MS: "20000", STORE_REQUEST_MS: "20000", STORE_TOTAL_MS: "60000" };
