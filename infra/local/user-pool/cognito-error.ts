/** A refusal as Cognito's API names it, `UserNotFoundException`; the message may be shown to the person. */
export class CognitoError extends Error {
  constructor(name: `${string}Exception`, message: string) {
    super(message);
    this.name = name;
  }
}
