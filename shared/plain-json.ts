import { AwsJson1_0Protocol, AwsJson1_1Protocol, JsonCodec2 } from "@aws-sdk/core/protocols";

// AWS's JSON protocols, their JSON taken as it stands on the wire. The SDK walks every value by its schema, for the sake of
// bytes, sets of bytes and times, of which nothing here has any.

/** DynamoDB's. */
export class PlainJson1_0Protocol extends AwsJson1_0Protocol {
  constructor(settings: ConstructorParameters<typeof AwsJson1_0Protocol>[0]) {
    super({ ...settings, jsonCodec: new PlainJson() });
  }
}

/** Cognito's. */
export class PlainJson1_1Protocol extends AwsJson1_1Protocol {
  constructor(settings: ConstructorParameters<typeof AwsJson1_1Protocol>[0]) {
    super({ ...settings, jsonCodec: new PlainJson() });
  }
}

class PlainJson extends JsonCodec2 {
  constructor() {
    super({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false });
  }

  override createSerializer() {
    let body = Buffer.alloc(0);
    return {
      write: (_schema: unknown, value: unknown) => {
        body = Buffer.from(JSON.stringify(value));
      },
      flush: () => body,
      setSerdeContext: () => {},
    };
  }

  override createDeserializer() {
    return {
      read: async (_schema: unknown, body: string | Uint8Array) =>
        JSON.parse(typeof body === "string" ? body : Buffer.from(body).toString()),
      // of an error
      readObject: (_schema: unknown, member: unknown) => member,
      setSerdeContext: () => {},
    };
  }
}
