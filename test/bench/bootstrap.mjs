import { writeSync } from "node:fs";

// A Lambda runtime in a few lines: loads a bundle, then asks the runtime interface for one event after another
// (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). Says on stdout when the bundle's own code was there, which is
// when it sends its first request, and when it was done starting.
const [bundle] = process.argv.slice(2);
// biome-ignore lint/style/noProcessEnv: where a runtime finds its interface
const { AWS_LAMBDA_RUNTIME_API: runtime } = process.env;
const stamp = (what) => writeSync(1, `${what} ${performance.timeOrigin + performance.now()}\n`);

if (bundle === undefined) stamp("ready");
else {
  const { subscribe, unsubscribe } = await import("node:diagnostics_channel");
  const sending = () => {
    stamp("ready");
    unsubscribe("http.client.request.created", sending);
  };
  subscribe("http.client.request.created", sending);
  const { handler } = await import(bundle);
  stamp("warm");
  await serve(handler);
}

async function serve(handler) {
  const { request, Agent } = await import("node:http");
  const agent = new Agent({ keepAlive: true });
  const call = (method, path, headers, body) =>
    new Promise((resolve, reject) => {
      const options = { method, agent, headers };
      request(`http://${runtime}/2018-06-01/runtime/${path}`, options, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => resolve({ headers: answer.headers, text }));
      })
        .once("error", reject)
        .end(body);
    });
  for (;;) {
    const { headers, text } = await call("GET", "invocation/next", {});
    const event = JSON.parse(text);
    const before = process.cpuUsage();
    const result = await handler(event, {});
    const { user, system } = process.cpuUsage(before);
    const id = headers["lambda-runtime-aws-request-id"];
    await call("POST", `invocation/${id}/response`, { "x-cpu-us": user + system }, JSON.stringify(result));
  }
}
