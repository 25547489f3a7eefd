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
from ministack.core.responses import error_response_json
from ministack.services import apigateway, cognito, lambda_svc
from ministack.services.cloudformation import provisioners

handlers = provisioners._RESOURCE_HANDLERS
api = handlers["AWS::ApiGatewayV2::Api"]
table = handlers["AWS::DynamoDB::GlobalTable"]


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


def tell_the_welcoming_function_of_a_new_customer():
    confirm = cognito._confirm_sign_up

    def confirm_and_tell(data):
        answer = confirm(data)
        pool, pool_id = cognito._pool_for_client(data.get("ClientId"))
        arn = ((pool or {}).get("LambdaConfig") or {}).get("PostConfirmation")
        if answer[0] != 200 or not arn:
            return answer
        user, _ = cognito._resolve_user(pool, data["Username"])
        event = {
            "version": "1",
            "triggerSource": "PostConfirmation_ConfirmSignUp",
            "region": cognito._pool_region(pool_id),
            "userPoolId": pool_id,
            "userName": user["Username"],
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": data["ClientId"]},
            "request": {"userAttributes": cognito._attr_list_to_dict(user["Attributes"])},
            "response": {},
        }
        record, config, _ = lambda_svc._get_func_record_for_ref(arn)
        result = lambda_svc._execute_function_with_config_scope(
            lambda_svc._execution_record_for_config(record, config), event
        )
        if result.get("error"):
            return error_response_json("UserLambdaValidationException", str(result.get("body")), 400)
        return answer

    cognito._confirm_sign_up = confirm_and_tell


def keep_the_name_of_an_updated_table():
    update = table["update"]
    table["update"] = lambda name, old, new, stack: update(
        name, {**old, "TableName": name}, {**new, "TableName": name}, stack
    )


def end_when_stdin_closes():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


branding, query = "AWS::Cognito::ManagedLoginBranding", "AWS::Logs::QueryDefinition"
patch("sign-in-style", branding not in handlers, lambda: accept_unmade(branding))
patch("saved-queries", query not in handlers, lambda: accept_unmade(query))
patch("cors", cors_is_stored_as_the_template_spells_it(), spell_cors_as_the_service_does)
patch(
    "encrypted-requests",
    "secure_transport" not in inspect.getsource(iam_evaluator.enforce),
    count_requests_as_encrypted,
)
patch(
    "post-confirmation",
    "PostConfirmation_ConfirmSignUp" not in inspect.getsource(cognito),
    tell_the_welcoming_function_of_a_new_customer,
)
patch("table-update", "update_with_logical_id" not in table, keep_the_name_of_an_updated_table)
threading.Thread(target=end_when_stdin_closes, daemon=True).start()
main()
