data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.environment.account_id
  partition = data.aws_partition.current.partition

  secret_descriptions = {
    webhook   = "JSON: token_current; while rotating also token_previous; hmac_secret in hmac mode."
    richpanel = "JSON: api_key of the Richpanel account."
    openai    = "JSON: api_key of the OpenAI project; needed for the classifiers openai and cascade only."
    shopify   = "JSON: access_token, or client_id and client_secret of the shop's app."
    hash_salt = "JSON: salt, 32 random bytes in hex; a new salt breaks the joins with what is stored."
  }
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "AccountAdministers"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "LogsEncrypt"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${var.region}:${local.account}:log-group:*${local.prefix}-*"]
    }
  }

  statement {
    sid       = "AlarmsAndBudgetsPublish"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  # EventBridge takes no condition where it publishes to a topic. Source: EventBridge User Guide, "Amazon SNS permissions".
  statement {
    sid       = "SwitchEventsPublish"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = length(var.promoting_account_ids) > 0 ? [var.promoting_account_ids] : []

    content {
      sid       = "NextEnvironmentsReadArtefacts"
      actions   = ["kms:Decrypt"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = [for account in statement.value : "arn:${local.partition}:iam::${account}:root"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${var.region}.amazonaws.com"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.table_data_events_enabled ? ["cloudtrail.amazonaws.com"] : []

    content {
      sid       = "TrailEncrypts"
      actions   = ["kms:GenerateDataKey", "kms:DescribeKey"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [statement.value]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "Encrypts queues, tables, secrets, logs and artefacts of ${local.prefix}."
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "this" {
  name          = "alias/${local.prefix}"
  target_key_id = aws_kms_key.this.key_id
}

module "table" {
  source   = "../../../modules/table"
  for_each = local.topology.tables # the audit trail too: an empty table costs nothing, and switching it off must not destroy it

  name          = each.value.name
  partition_key = each.value.partition_key
  sort_key      = try(each.value.sort_key, null)
  indexes       = try(each.value.indexes, {})
  ttl_attribute = each.value.ttl_attribute
  kms_key_arn   = aws_kms_key.this.arn
}

module "queue" {
  source   = "../../../modules/fifo_queue"
  for_each = local.topology.queues

  name                     = each.value.name
  dlq_name                 = each.value.dlq_name
  consumer_timeout_seconds = local.topology.functions[each.value.consumer].timeout_seconds
  visibility_factor        = local.topology.visibility_factor
  max_receive_count        = each.value.max_receive_count
  retention_days           = each.value.retention_days
  dlq_retention_days       = each.value.dlq_retention_days
  kms_key_arn              = aws_kms_key.this.arn
}

module "secret" {
  source   = "../../../modules/secret"
  for_each = local.topology.secrets

  name        = each.value
  description = local.secret_descriptions[each.key]
  kms_key_arn = aws_kms_key.this.arn
}

module "flags" {
  source = "../../../modules/flags"

  path           = local.topology.flags.path
  initial_values = { for name, flag in local.topology.flags.declared : name => flag.at_birth }
}

# Two: every alarm mails, and what must wake somebody does so once for an incident.
resource "aws_sns_topic" "alarms" {
  for_each = toset(["alarms", "pages"])

  name              = "${local.prefix}-${each.key}"
  kms_master_key_id = aws_kms_key.this.arn
}

data "aws_iam_policy_document" "alarms_topic" {
  for_each = aws_sns_topic.alarms

  statement {
    sid       = "AlarmsAndBudgetsPublish"
    actions   = ["sns:Publish"]
    resources = [each.value.arn]

    principals {
      type        = "Service"
      identifiers = each.key == "pages" ? ["cloudwatch.amazonaws.com"] : ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  # EventBridge takes no condition here: the worst that another's rule could do is to send a line to on-call. It wakes nobody.
  dynamic "statement" {
    for_each = each.key == "pages" ? [] : [each.value.arn]

    content {
      sid       = "SwitchEventsPublish"
      actions   = ["sns:Publish"]
      resources = [statement.value]

      principals {
        type        = "Service"
        identifiers = ["events.amazonaws.com"]
      }
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  for_each = aws_sns_topic.alarms

  arn    = each.value.arn
  policy = data.aws_iam_policy_document.alarms_topic[each.key].json
}

resource "aws_sns_topic_subscription" "alarm_email" {
  for_each = toset(var.alarm_emails)

  topic_arn = aws_sns_topic.alarms["alarms"].arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_subscription" "page_email" {
  for_each = toset(coalesce(var.page_emails, var.alarm_emails))

  topic_arn = aws_sns_topic.alarms["pages"].arn
  protocol  = "email"
  endpoint  = each.value
}
