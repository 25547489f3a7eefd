/** A refusal as Cognito's API names it, `UserNotFoundException`; the message may be shown to the person. */
export class CognitoError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Throws the refusal of that name. */
export function refuse(name: `${string}Exception`, message: string): never {
  throw new CognitoError(name, message);
}
