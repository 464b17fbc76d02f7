# What a person needs who operates the environment with `rp-mw`: two policies to attach to roles of the owner's own. Nobody has
# them by a deploy.
#   reader    flags, explain, stats, console --read-only, dlq list and show, drift, doctor, replay, report
#   operator  the reader's, and: stop, resume, flags set, promote, doctor --probe-notes, report --publish, dlq redrive, sweep, forget,
#             secret rotate, make rollback
locals {
  own_arn      = "arn:${local.partition}:%s:${var.region}:${local.account}:%s"
  function_arn = [for function in local.topology.functions : format(local.own_arn, "lambda", "function:${function.name}*")]
  key_via      = [for service in ["dynamodb", "secretsmanager", "sqs"] : "${service}.${var.region}.amazonaws.com"]
  erasure_arns = [format(local.own_arn, "ssm", "parameter${local.topology.erasures.path}"), format(local.own_arn, "ssm", "parameter${local.topology.erasures.path}/*")]
  flag_arns    = [format(local.own_arn, "ssm", "parameter${local.topology.flags.path}"), format(local.own_arn, "ssm", "parameter${local.topology.flags.path}/*")]
}

data "aws_iam_policy_document" "reader" {
  statement {
    sid       = "ReadTables"
    actions   = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:DescribeContinuousBackups"]
    resources = flatten([for table in values(module.table) : [table.arn, "${table.arn}/index/*"]])
  }

  # SQS shows a dead letter only by handing it out; it is given back at once.
  statement {
    sid       = "LookAtQueues"
    actions   = ["sqs:GetQueueUrl", "sqs:GetQueueAttributes"]
    resources = flatten([for queue in values(module.queue) : [queue.arn, queue.dlq_arn]])
  }

  statement {
    sid       = "LookAtDeadLetters"
    actions   = ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"]
    resources = [for queue in values(module.queue) : queue.dlq_arn]
  }

  statement {
    sid       = "ReadFlags"
    actions   = ["ssm:GetParametersByPath", "ssm:GetParameter"]
    resources = local.flag_arns
  }

  # The salt finds a conversation by its digest; the vendors' keys are what drift and doctor look at the vendors with.
  statement {
    sid       = "ReadSecrets"
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    resources = [for secret in values(module.secret) : secret.arn]
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.key_via
    }
  }

  statement {
    sid       = "LookAtFunctions"
    actions   = ["lambda:GetFunctionConfiguration"]
    resources = local.function_arn
  }

  # These actions know no resource, or none that has the environment's name.
  # Source: AWS Service Authorization Reference.
  statement {
    sid       = "LookAtTheRest"
    actions   = ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "logs:DescribeLogGroups", "sns:ListSubscriptionsByTopic", "apigateway:GET"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "operator" {
  source_policy_documents = [data.aws_iam_policy_document.reader.json]

  statement {
    sid       = "ThrowSwitches"
    actions   = ["ssm:PutParameter", "ssm:GetParameterHistory", "ssm:AddTagsToResource"]
    resources = local.flag_arns
  }

  # What cannot be recorded is not done.
  statement {
    sid       = "RecordDeeds"
    actions   = ["dynamodb:PutItem"]
    resources = [for key, table in module.table : table.arn if key == "audit_trail"]
  }

  statement {
    sid       = "Forget"
    actions   = ["dynamodb:BatchWriteItem"]
    resources = [for key, table in module.table : table.arn if contains(["audit_trail", "conversation_state"], key)]
  }

  # The list of erasures, which outlives a table's restore.
  statement {
    sid       = "NoteErasures"
    actions   = ["ssm:PutParameter", "ssm:DeleteParameters", "ssm:GetParametersByPath"]
    resources = local.erasure_arns
  }

  # rp-mw secret rotate: the helpdesk's token alone; vendors' keys and the salt are put by who deploys.
  statement {
    sid       = "RotateWebhookSecret"
    actions   = ["secretsmanager:PutSecretValue"]
    resources = [module.secret["webhook"].arn]
  }

  # rp-mw report --publish: the topic that mails, found by its name; it wakes nobody.
  # Source: SNS Developer Guide, "Key management": who publishes to an encrypted topic needs both actions of the key.
  statement {
    sid       = "FindTopic"
    actions   = ["sns:ListTopics"]
    resources = ["*"]
  }

  statement {
    sid       = "PublishReport"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms["alarms"].arn]
  }

  statement {
    sid       = "UseKeyOfTopic"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sns.${var.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "SendBack"
    actions   = ["sqs:SendMessage"]
    resources = [for queue in values(module.queue) : queue.arn]
  }

  statement {
    sid       = "TakeFromDeadLetters"
    actions   = ["sqs:DeleteMessage"]
    resources = [for queue in values(module.queue) : queue.dlq_arn]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.key_via
    }
  }

  statement {
    sid       = "Sweep"
    actions   = ["lambda:InvokeFunction"]
    resources = [format(local.own_arn, "lambda", "function:${local.topology.functions.worker.name}:live")]
  }

  # The runbook's saved queries; a function's lines are addressed by the log group, their results by nothing.
  # Source: AWS Service Authorization Reference.
  statement {
    sid       = "QueryLogs"
    actions   = ["logs:StartQuery"]
    resources = [format(local.own_arn, "logs", "log-group:*${local.prefix}-*")]
  }

  statement {
    sid       = "ReadQueries"
    actions   = ["logs:GetQueryResults"]
    resources = ["*"]
  }

  statement {
    sid       = "RollBack"
    actions   = ["lambda:GetAlias", "lambda:ListVersionsByFunction"]
    resources = local.function_arn
  }

  statement {
    sid     = "ShiftTraffic"
    actions = ["codedeploy:CreateDeployment", "codedeploy:GetDeployment", "codedeploy:ListDeployments", "codedeploy:BatchGetDeployments", "codedeploy:StopDeployment", "codedeploy:GetDeploymentConfig", "codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"]
    resources = [
      format(local.own_arn, "codedeploy", "application:${local.prefix}-*"),
      format(local.own_arn, "codedeploy", "deploymentgroup:${local.prefix}-*/*"),
      format(local.own_arn, "codedeploy", "deploymentconfig:*"),
    ]
  }
}

resource "aws_iam_policy" "person" {
  for_each = {
    reader   = { description = "Look at ${local.prefix} with rp-mw.", json = data.aws_iam_policy_document.reader.json }
    operator = { description = "Operate ${local.prefix} with rp-mw.", json = data.aws_iam_policy_document.operator.json }
  }

  name        = "${local.prefix}-${each.key}"
  description = each.value.description
  policy      = each.value.json
}
