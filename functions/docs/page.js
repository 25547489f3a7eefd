const { signInUrl, clientId } = document.body.dataset;

const viewer = window.SwaggerUIBundle({
  url: "/openapi.json",
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
