const { signInUrl, clientId } = document.body.dataset;

const description = await (await fetch("/openapi.json")).json();
// the viewer would send an example of what is optional without being asked
for (const operation of Object.values(description.paths).flatMap(Object.values))
  for (const parameter of operation.parameters) if (!parameter.required) delete parameter.example;

const viewer = window.SwaggerUIBundle({
  spec: description,
  dom_id: "#viewer",
  deepLinking: true,
  tryItOutEnabled: true,
  // its badge would come from elsewhere
  validatorUrl: null,
  oauth2RedirectUrl: `${location.origin}/docs/oauth2-redirect.html`,
  requestInterceptor: (request) =>
    request.url === `${signInUrl}/oauth2/token` ? asSignInTakesIt(request) : request,
});
viewer.initOAuth({ clientId, scopes: "openid email", usePkceWithAuthorizationCodeGrant: true });

/** The client has no secret, not even an empty one, and other pages may send no headers of their own. */
function asSignInTakesIt(request) {
  const form = new URLSearchParams(request.body);
  form.delete("client_secret");
  request.body = form.toString();
  delete request.headers["X-Requested-With"];
  return request;
}

document.querySelector("#sign-out").addEventListener("click", () => {
  const back = new URLSearchParams({ client_id: clientId, logout_uri: `${location.origin}/docs` });
  location.assign(`${signInUrl}/logout?${back}`);
});
