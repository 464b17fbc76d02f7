output "environment" {
  description = "Environment variables with every reference filled in; one that is unknown stays as it is and is refused by the service module."
  value = {
    for name, value in local.function.environment :
    name => can(regex(local.reference, value)) ? lookup(local.values, one(regex(local.reference, value)), value) : value
  }
}

output "permissions" {
  description = "The role's statements: sid, actions, resources."
  value = [for permission in local.granted : {
    sid       = join("", [for word in split("_", replace(permission.on, ".", "_")) : title(word)])
    actions   = permission.actions
    resources = local.resources[permission.on]
  }]
}

output "kms_via_services" {
  description = "AWS services through which the function uses the key."
  value = toset(concat(
    ["sqs"],
    length(local.secret_keys) > 0 ? ["secretsmanager"] : [],
    length(local.table_keys) > 0 ? ["dynamodb"] : [],
  ))
}

output "event_queue_arn" {
  description = "ARN of the queue the function consumes; null for a function behind the API."
  value       = one([for key, queue in var.topology.queues : data.aws_sqs_queue.main[key].arn if queue.consumer == var.function])
}

output "kms_key_arn" {
  description = "ARN of the environment's key."
  value       = data.aws_kms_alias.this.target_key_arn
}

output "alarm_topic_arn" {
  description = "ARN of the topic that hears every alarm."
  value       = data.aws_sns_topic.alarms["alarms"].arn
}

output "page_topic_arn" {
  description = "ARN of the topic that wakes somebody, once for an incident."
  value       = data.aws_sns_topic.alarms["pages"].arn
}

output "artefact_bucket" {
  description = "Name of the bucket the packages are in."
  value       = "${var.prefix}-artefacts-${data.aws_caller_identity.current.account_id}"
}
