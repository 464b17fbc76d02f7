data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  alias              = "live"
  deployed_path      = "/${replace(var.name, "/^(rp-mw)-([a-z]+)-.*$/", "$1/$2")}/deployed"
  deployed_parameter = "${local.deployed_path}/${var.name}"
  # The alias is there: a lookup of it would fail before the first apply, a lookup of parameters only finds none.
  is_deployed  = contains(data.aws_ssm_parameters_by_path.deployed.names, local.deployed_parameter)
  live_version = local.is_deployed && var.traffic == "canary" ? data.aws_lambda_alias.live[0].function_version : aws_lambda_function.this.version
  # From the name, so that a new package, whose version is unknown until it is published, leaves the roles alone.
  log_group_arn = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:log-group:/aws/lambda/${var.name}"
  function_arn  = "arn:${data.aws_partition.current.partition}:lambda:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:function:${var.name}"
}

# Before the function: Lambda would otherwise create the group itself, without retention or encryption.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn

  lifecycle {
    prevent_destroy = true
  }
}

data "aws_iam_policy_document" "assume" {
  statement {
    sid     = "LambdaAssumes"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "What ${var.name} may do."
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = var.permissions

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }

  statement {
    sid       = "UseKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in sort(var.kms_via_services) : "${service}.${data.aws_region.current.region}.amazonaws.com"]
    }
  }

  # Lambda decrypts the environment with the function's own role; what is started through the alias is a qualified ARN.
  statement {
    sid       = "DecryptEnvironment"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:lambda:FunctionArn"
      values   = [local.function_arn, "${local.function_arn}:*"]
    }
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:*"]
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "least-privilege"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_lambda_function" "this" {
  function_name                  = var.name
  description                    = "${var.description} (${var.release_version})"
  role                           = aws_iam_role.this.arn
  handler                        = var.handler
  runtime                        = var.runtime
  architectures                  = ["arm64"]
  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency
  publish                        = true
  s3_bucket                      = var.package.bucket
  s3_key                         = var.package.key
  s3_object_version              = var.package.object_version
  source_code_hash               = var.package.sha256_base64
  code_sha256                    = var.package.sha256_base64 # after an apply it is what Lambda says, which the alias asks for
  kms_key_arn                    = var.kms_key_arn

  environment {
    variables = var.environment
  }

  logging_config {
    log_format = "Text" # the code writes its own JSON lines; a wrapper around them would break their metrics
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = "PassThrough" # off: docs/decisions/0107
  }

  snap_start {
    apply_on = var.snap_start ? "PublishedVersions" : "None"
  }

  # Without the policy the first start fails to read its secrets and the event source mapping is refused.
  depends_on = [aws_iam_role_policy.this]
}

# A message of ours passes a function twice at most; AWS stops what comes back about 16 times (docs/decisions/0108).
resource "aws_lambda_function_recursion_config" "this" {
  function_name  = aws_lambda_function.this.function_name
  recursive_loop = "Terminate"
}

data "aws_ssm_parameters_by_path" "deployed" {
  path = local.deployed_path
}

data "aws_lambda_alias" "live" {
  count = local.is_deployed && var.traffic == "canary" ? 1 : 0

  function_name = var.name
  name          = local.alias
}

# With traffic "canary" it stays where CodeDeploy left it: an apply neither skips the canary nor undoes a rollback.
resource "aws_lambda_alias" "live" {
  name             = local.alias
  description      = "The version that serves."
  function_name    = aws_lambda_function.this.function_name
  function_version = local.live_version

  lifecycle {
    ignore_changes = [routing_config] # CodeDeploy's share of a canary

    precondition {
      condition     = aws_lambda_function.this.code_sha256 == var.package.sha256_base64
      error_message = "${var.name} holds other bytes than were released: Lambda says ${aws_lambda_function.this.code_sha256}. The alias is not moved. Find out who replaced the zip."
    }
  }
}

# Written after the alias, and read before the next apply looks for it.
resource "aws_ssm_parameter" "deployed" {
  name        = local.deployed_parameter
  description = "The release of ${var.name} that was applied last; says that the function and its alias are there."
  type        = "String"
  value       = var.release_version

  depends_on = [aws_lambda_alias.live]
}

resource "aws_lambda_event_source_mapping" "this" {
  count = var.event_source == null ? 0 : 1

  event_source_arn        = var.event_source.queue_arn
  function_name           = aws_lambda_alias.live.arn
  batch_size              = var.event_source.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.event_source.maximum_concurrency
  }
}
