from ministack.app import main
from ministack.services.cloudformation import provisioners
handlers = provisioners._RESOURCE_HANDLERS
def nothing(kind):
    return {
        "create": lambda logical_id, props, stack: (f"{stack}-{logical_id}", {}),
        "update": lambda physical_id, old, new, stack: (physical_id, {}),
        "delete": lambda physical_id, props: None,
    }
handlers["AWS::Cognito::ManagedLoginBranding"] = nothing("x")
handlers["AWS::Logs::QueryDefinition"] = nothing("x")
from functools import partial
from ministack.core import iam_evaluator
iam_evaluator.EvalContext = partial(iam_evaluator.EvalContext, secure_transport=True)
main()
