"""MiniStack with the patches that this system needs (emulator-gaps.ts says why). Each is applied only where it is still
needed, and says on stdout whether it was. Ends with its children as soon as stdin closes."""

import inspect
import os
import signal
import sys
import threading
from functools import partial

from ministack.app import main
from ministack.core import iam_evaluator
from ministack.services import apigateway
from ministack.services.cloudformation import provisioners

handlers = provisioners._RESOURCE_HANDLERS
api = handlers["AWS::ApiGatewayV2::Api"]


def patch(name, needed, apply):
    if needed:
        apply()
    print(f"patch {name}: {'needed' if needed else 'not needed any more'}", flush=True)


def accept_unmade(kind):
    handlers[kind] = {
        "create": lambda logical_id, props, stack: (f"{stack}-{logical_id}", {}),
        "update": lambda physical_id, old, new, stack: (physical_id, {}),
        "delete": lambda physical_id, props: None,
    }


def cors_is_stored_as_the_template_spells_it():
    api_id, _ = api["create"]("Api", {"Name": "probe", "CorsConfiguration": {"AllowOrigins": []}}, "probe")
    stored = apigateway._apis[api_id]["corsConfiguration"]
    api["delete"](api_id, {})
    return "AllowOrigins" in stored


def spell_cors_as_the_service_does():
    def spelled(props):
        cors = props.get("CorsConfiguration") or {}
        return {**props, "CorsConfiguration": {key[0].lower() + key[1:]: value for key, value in cors.items()}}

    create, update = api["create"], api["update"]
    api["create"] = lambda logical_id, props, stack: create(logical_id, spelled(props), stack)
    api["update"] = lambda id, old, new, *others: update(id, spelled(old), spelled(new), *others)


def count_requests_as_encrypted():
    iam_evaluator.EvalContext = partial(iam_evaluator.EvalContext, secure_transport=True)


def end_when_stdin_closes():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


branding = "AWS::Cognito::ManagedLoginBranding"
patch("sign-in-style", branding not in handlers, lambda: accept_unmade(branding))
patch("cors", cors_is_stored_as_the_template_spells_it(), spell_cors_as_the_service_does)
patch(
    "encrypted-requests",
    "secure_transport" not in inspect.getsource(iam_evaluator.enforce),
    count_requests_as_encrypted,
)
threading.Thread(target=end_when_stdin_closes, daemon=True).start()
main()
