const hosts = ["localhost", "127.0.0.1"];

/** Whether an origin or address is `http://localhost:*` or `http://127.0.0.1:*`: all that this stand-in deals with. */
export function isLocal(address: string | undefined): address is string {
  if (!address || !URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  return protocol === "http:" && hosts.includes(hostname) && !username && !password;
}

/** The address with these parameters in its query; undefined ones are left out. */
export function withParameters(address: string, parameters: Record<string, string | undefined>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}
