"""MiniStack with the few patches that this system needs; test/deploy/emulator-gaps.ts says why, and test/deploy/run.ts
checks that each is still needed: with UNPATCHED=<its name> in the environment it is left out."""

import os
from functools import partial

from ministack.app import main
from ministack.core import iam_evaluator
from ministack.services.cloudformation import provisioners

unpatched = os.environ.pop("UNPATCHED", "")
handlers = provisioners._RESOURCE_HANDLERS


def accepted_and_not_made():
    return {
        "create": lambda logical_id, props, stack: (f"{stack}-{logical_id}", {}),
        "update": lambda physical_id, old, new, stack: (physical_id, {}),
        "delete": lambda physical_id, props: None,
    }


for kind in ["AWS::Cognito::ManagedLoginBranding", "AWS::Logs::QueryDefinition"]:
    handlers.setdefault(kind, accepted_and_not_made())


def as_the_service_spells_it(props):
    cors = props.get("CorsConfiguration") or {}
    return {**props, "CorsConfiguration": {key[0].lower() + key[1:]: value for key, value in cors.items()}}


api = handlers["AWS::ApiGatewayV2::Api"]
create, update = api["create"], api["update"]
api["create"] = lambda logical_id, props, stack: create(logical_id, as_the_service_spells_it(props), stack)
api["update"] = lambda physical_id, old, new, *others: update(
    physical_id, as_the_service_spells_it(old), as_the_service_spells_it(new), *others
)

iam_evaluator.EvalContext = partial(iam_evaluator.EvalContext, secure_transport=True)

main()
