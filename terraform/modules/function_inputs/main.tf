# Finds the foundation by name, never through its state, and turns the topology's references into values.

data "aws_caller_identity" "current" {}

locals {
  # A value of the topology that stands for another, $ and a name in braces. Written so that every parser of HCL reads it.
  reference  = "^[$][{](.*)[}]$"
  function   = var.topology.functions[var.function]
  uses       = distinct([for permission in local.function.permissions : permission.on])
  references = toset([for value in values(local.function.environment) : one(regex(local.reference, value)) if can(regex(local.reference, value))])

  queue_keys = toset([for key in keys(var.topology.queues) : key if anytrue([for use in concat(local.uses, tolist(local.references)) : use == "queue.${key}" || use == "queue.${key}_dlq" || startswith(use, "queue.${key}.")])])
  table_keys = toset([for key in keys(var.topology.tables) : key if contains(local.uses, "table.${key}") && (key != "audit_trail" || var.audit_trail_enabled)])
  # In the words of the foundation's contract (stacks/foundation/resources/contract.tf).
  needed = concat(
    [for key in local.queue_keys : "queue ${key}, invisible for ${var.topology.visibility_factor * var.topology.functions[var.topology.queues[key].consumer].timeout_seconds} s"],
    [for key in local.table_keys : "table ${key}"],
    [for use in local.uses : "index ${trimprefix(use, "table.")}" if can(regex("^table\\.[a-z_]+\\.", use)) && (!startswith(use, "table.audit_trail.") || var.audit_trail_enabled)],
    [for key in local.secret_keys : "secret ${key}"],
    ["topic alarms", "topic pages"],
    contains(local.uses, "flags") ? [for name in keys(var.topology.flags.declared) : "flag ${name}"] : [],
  )

  secret_keys = toset([for key in keys(var.topology.secrets) : key if contains(local.uses, "secret.${key}")])
}

# A list: looking for what is not there is no error, so that the words can be ours.
data "aws_ssm_parameters_by_path" "foundation" {
  path = "/${replace(var.prefix, "rp-mw-", "rp-mw/")}/foundation"

  lifecycle {
    postcondition {
      condition     = length(self.names) > 0
      error_message = "There is no foundation in this environment: apply terraform/stacks/foundation first."
    }

    postcondition {
      condition     = length(setsubtract(local.needed, try(jsondecode(nonsensitive(self.values[0])), local.needed))) == 0
      error_message = "The ${var.function} needs what the applied foundation does not have: ${join(", ", setsubtract(local.needed, try(jsondecode(nonsensitive(self.values[0])), [])))}. Apply terraform/stacks/foundation of this checkout first."
    }
  }
}

data "aws_sqs_queue" "main" {
  for_each = local.queue_keys

  name = var.topology.queues[each.key].name

  depends_on = [data.aws_ssm_parameters_by_path.foundation]
}

data "aws_sqs_queue" "dlq" {
  for_each = local.queue_keys

  name = var.topology.queues[each.key].dlq_name

  depends_on = [data.aws_ssm_parameters_by_path.foundation]
}

data "aws_dynamodb_table" "this" {
  for_each = local.table_keys

  name = var.topology.tables[each.key].name

  depends_on = [data.aws_ssm_parameters_by_path.foundation]
}

data "aws_secretsmanager_secret" "this" {
  for_each = local.secret_keys

  name = var.topology.secrets[each.key]

  depends_on = [data.aws_ssm_parameters_by_path.foundation]
}

data "aws_kms_alias" "this" {
  name = "alias/${var.prefix}"

  depends_on = [data.aws_ssm_parameters_by_path.foundation]
}

data "aws_sns_topic" "alarms" {
  for_each = toset(["alarms", "pages"])

  name = "${var.prefix}-${each.key}"

  depends_on = [data.aws_ssm_parameters_by_path.foundation]
}

data "aws_region" "current" {}

data "aws_partition" "current" {}

locals {
  values = merge(
    { for key, queue in data.aws_sqs_queue.main : "queue.${key}.url" => queue.url },
    { for key, queue in data.aws_sqs_queue.dlq : "queue.${key}.dlq_url" => queue.url },
    { for key, table in var.topology.tables : "table.${key}.name" => key == "audit_trail" && !var.audit_trail_enabled ? "" : table.name },
    { for key, table in var.topology.tables : "table.${key}.ttl_days" => tostring(lookup(var.table_ttl_days, key, table.ttl_days)) },
    { for key, name in var.topology.secrets : "secret.${key}" => name },
    { for key, function in var.topology.functions : "function.${key}.timeout_seconds" => tostring(try(function.timeout_seconds, "")) },
    { "function.${var.function}.maximum_concurrency" = tostring(var.maximum_concurrency) },
    { "flags.path" = var.topology.flags.path },
    var.vendors,
  )

  flags_arn = "arn:${data.aws_partition.current.partition}:ssm:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:parameter${var.topology.flags.path}"

  resources = merge(
    { for key, queue in data.aws_sqs_queue.main : "queue.${key}" => [queue.arn] },
    { for key, queue in data.aws_sqs_queue.dlq : "queue.${key}_dlq" => [queue.arn] },
    { for key, table in data.aws_dynamodb_table.this : "table.${key}" => [table.arn] },
    merge([for key, table in data.aws_dynamodb_table.this : { for index, _ in try(var.topology.tables[key].indexes, {}) : "table.${key}.${index}" => ["${table.arn}/index/${index}"] }]...),
    { for key, secret in data.aws_secretsmanager_secret.this : "secret.${key}" => [secret.arn] },
    { flags = [local.flags_arn] },
    { for name in keys(var.topology.flags.declared) : "flags.${name}" => ["${local.flags_arn}/${name}"] },
  )

  granted = [for permission in local.function.permissions : permission if !startswith(permission.on, "table.audit_trail") || var.audit_trail_enabled]
}
