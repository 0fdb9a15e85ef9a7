"""What functions in Node are told by the SDK that stands for Lambda's own."""

from ministack.core import lambda_runtime

from local_aws.errors import MinistackChangedError

_ANSWER = """\
          res.on("end", () =>
            resolve({
              StatusCode: res.statusCode,
              Payload: Buffer.concat(chunks),
              FunctionError: res.headers["x-amz-function-error"],
            })
          );
"""
_ANSWER_OR_ERROR = """\
          res.on("end", () => {
            const payload = Buffer.concat(chunks);
            if (res.statusCode < 400) {
              resolve({
                StatusCode: res.statusCode,
                Payload: payload,
                FunctionError: res.headers["x-amz-function-error"],
              });
              return;
            }
            let said = {};
            try { said = JSON.parse(payload.toString()); } catch (_) { }
            const name = String(
              res.headers["x-amzn-errortype"] || said.__type || "LambdaServiceException"
            ).split(":")[0];
            const message = said.Message || said.message || payload.toString();
            reject(Object.assign(new Error(message), { name: name }));
          });
"""


def tell_node_functions_of_refusals() -> None:
    """lambda_runtime.py:435 hands a refused Invoke to its caller as the function's answer.

    The CDK's providers would take "not authorized" for what the function said. AWS's SDK throws.

    Raises:
        MinistackChangedError: the script of Node's workers is another.
    """
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    if script.count(_ANSWER) != 1:
        raise MinistackChangedError("ministack's worker for Node no longer answers as it did.")
    lambda_runtime._NODEJS_WORKER_SCRIPT = script.replace(_ANSWER, _ANSWER_OR_ERROR)
