# What services may count on, in words: their stacks compare it with what they need before they plan anything.
resource "aws_ssm_parameter" "contract" {
  name        = "/rp-mw/${var.environment}/foundation/contract"
  description = "What the applied foundation holds; read by the services' stacks."
  type        = "String"
  tier        = "Intelligent-Tiering" # more than 4 KB one day

  value = jsonencode(concat(
    [for key, queue in local.topology.queues : "queue ${key}, invisible for ${local.topology.visibility_factor * local.topology.functions[queue.consumer].timeout_seconds} s"],
    [for key in keys(local.topology.tables) : "table ${key}"],
    flatten([for key, table in local.topology.tables : [for index in keys(try(table.indexes, {})) : "index ${key}.${index}"]]),
    [for key in keys(local.topology.secrets) : "secret ${key}"],
    [for key in keys(local.topology.flags.declared) : "flag ${key}"],
    [for key in keys(aws_sns_topic.alarms) : "topic ${key}"],
  ))

  depends_on = [module.queue, module.table, module.secret, module.flags, aws_kms_alias.this, aws_sns_topic_policy.alarms]
}
