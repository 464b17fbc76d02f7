variable "name" {
  description = "Name of the function: rp-mw-<env>-<service>, 64 characters at most."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^rp-mw-[a-z]+-[a-z]+$", var.name)) && length(var.name) <= 64
    error_message = "name must read rp-mw-<env>-<service> in lower case, 64 characters at most."
  }
}

variable "description" {
  description = "One line that says what the function does."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) >= 10 && length(var.description) <= 200
    error_message = "description must say in 10 to 200 characters what the function does."
  }
}

variable "release_version" {
  description = "Version of the service that the package holds, as in its pyproject.toml (semantic versioning)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$", var.release_version))
    error_message = "release_version must be a semantic version such as 1.4.0."
  }
}

variable "package" {
  description = "The uploaded artefact: S3 bucket, key (it ends in the SHA-256 as sha256sum prints it) and the object's version (null for the newest), and the base64 SHA-256 of the zip."
  type = object({
    bucket         = string
    key            = string
    object_version = optional(string)
    sha256_base64  = string
  })
  nullable = false

  validation {
    condition     = length(var.package.sha256_base64) >= 20 # its form is checked where a person writes it
    error_message = "package.sha256_base64 must be the SHA-256 of the zip in base64, from releases.json or from S3."
  }

  validation {
    condition     = can(regex("/[0-9a-f]{64}\\.zip$", var.package.key))
    error_message = "package.key must end in /<the zip's SHA-256 as sha256sum prints it>.zip."
  }
}

variable "handler" {
  description = "Entry point: module.path.function."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z_]+(\\.[a-z_]+)+$", var.handler))
    error_message = "handler must read module.path.function."
  }
}

variable "runtime" {
  description = "Lambda Python runtime: python3.13 or later, so that the .pyc files in the package are used."
  type        = string
  default     = "python3.13"
  nullable    = false

  validation {
    condition     = can(regex("^python3\\.(1[3-9]|[2-9][0-9])$", var.runtime))
    error_message = "runtime must be python3.13 or later."
  }
}

variable "memory_mb" {
  description = "Memory in MB, 128 to 10240; CPU grows with it."
  type        = number
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "memory_mb must be 128 to 10240."
  }
}

variable "timeout_seconds" {
  description = "Timeout in seconds, 1 to 900. The queue's visibility timeout is derived from the same number."
  type        = number
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "timeout_seconds must be 1 to 900."
  }
}

variable "environment" {
  description = "Environment variables, names in upper case. Names of secrets only, never a secret itself."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Z][A-Z0-9_]*$", name))])
    error_message = "Names of environment variables must be upper case with underscores."
  }

  validation {
    condition     = alltrue([for value in values(var.environment) : !can(regex("[$][{]", value))])
    error_message = "A value still holds a reference in braces: config/topology.yaml names something the stack does not know."
  }
}

variable "permissions" {
  description = "What the function may do besides logging and using the key: one statement each, with exact actions and resources."
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
  }))
  nullable = false

  validation {
    condition     = alltrue(flatten([for statement in var.permissions : [for action in statement.actions : !strcontains(action, "*")]]))
    error_message = "Actions must be exact: a wildcard action grants more than the code calls."
  }

  validation {
    condition     = alltrue(flatten([for statement in var.permissions : [for resource in statement.resources : startswith(resource, "arn:")]]))
    error_message = "Resources must be ARNs, never a bare *."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed KMS key of the environment."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "kms_via_services" {
  description = "AWS services through which the function uses the key (sqs, dynamodb, secretsmanager): without the grant, a call to an encrypted resource is refused."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.kms_via_services) > 0 && alltrue([for service in var.kms_via_services : contains(["sqs", "dynamodb", "secretsmanager"], service)])
    error_message = "kms_via_services must name at least one of sqs, dynamodb, secretsmanager."
  }
}

variable "log_retention_days" {
  description = "Days logs are kept: one of 14, 30, 90."
  type        = number
  nullable    = false

  validation {
    condition     = contains([14, 30, 90], var.log_retention_days)
    error_message = "log_retention_days must be 14 (dev), 30 (staging) or 90 (prod)."
  }
}

variable "reserved_concurrency" {
  description = "Concurrent executions kept for this function, 2 to 1000; it also caps them."
  type        = number
  nullable    = false

  validation {
    condition     = var.reserved_concurrency >= 2 && var.reserved_concurrency <= 1000
    error_message = "reserved_concurrency must be 2 to 1000: with fewer, one slow call stops the service."
  }
}

variable "snap_start" {
  description = "Whether published versions start from a snapshot (docs/decisions says when that pays)."
  type        = bool
  default     = false
  nullable    = false
}

variable "event_source" {
  description = "The FIFO queue the function consumes: ARN, batch size 1 to 10, and the most batches at once, 2 to 1000. Null for a function behind the API."
  type = object({
    queue_arn           = string
    batch_size          = number
    maximum_concurrency = number
  })
  default = null

  validation {
    condition     = var.event_source == null || try(var.event_source.batch_size >= 1 && var.event_source.batch_size <= 10, false)
    error_message = "event_source.batch_size must be 1 to 10, the most a FIFO queue delivers."
  }

  validation {
    condition     = var.event_source == null || try(endswith(var.event_source.queue_arn, ".fifo"), false)
    error_message = "event_source.queue_arn must be the ARN of a FIFO queue."
  }

  validation {
    condition     = var.event_source == null || try(var.event_source.maximum_concurrency >= 2 && var.event_source.maximum_concurrency <= 1000, false)
    error_message = "event_source.maximum_concurrency must be 2 to 1000."
  }

  validation {
    condition     = var.event_source == null || try(var.event_source.maximum_concurrency <= var.reserved_concurrency, false)
    error_message = "event_source.maximum_concurrency must not exceed reserved_concurrency, or batches are throttled and come back."
  }
}

variable "traffic" {
  description = "Who moves the alias to a new version: `apply` does at once, `canary` publishes it only and leaves the shift to CodeDeploy (`make shift`)."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["apply", "canary"], var.traffic)
    error_message = "traffic must be apply (the apply moves the alias) or canary (CodeDeploy does, watched by alarms)."
  }
}

variable "canary" {
  description = "The share of traffic a new version gets first, in percent (1 to 50), and how many events an hour the function is expected to take: the canary lasts until that share is enough to judge, two hours at most."
  type = object({
    percent         = number
    events_per_hour = number
  })
  nullable = false

  validation {
    condition     = var.canary.percent >= 1 && var.canary.percent <= 50 && floor(var.canary.percent) == var.canary.percent
    error_message = "canary.percent must be a whole number from 1 to 50."
  }

  validation {
    condition     = var.canary.events_per_hour > 0 && try(5 * 60 * 100 / (var.canary.events_per_hour * var.canary.percent) <= 120, false)
    error_message = "At canary.events_per_hour the share of canary.percent is too small: five events would take it longer than two hours, and until then a bad version is not seen. Raise the share."
  }
}

variable "deployment_news" {
  description = "Which events of a shift of traffic are told, and the ARN of the SNS topic that hears them; the topic is encrypted with kms_key_arn."
  type = object({
    topic_arn = string
    events    = set(string)
  })
  nullable = false

  # Source: CodeDeploy API Reference, TriggerConfig.
  validation {
    condition     = contains(var.deployment_news.events, "DeploymentFailure") && length(setsubtract(var.deployment_news.events, ["DeploymentStart", "DeploymentSuccess", "DeploymentFailure", "DeploymentStop", "DeploymentRollback", "DeploymentReady"])) == 0
    error_message = "deployment_news.events must be events of a CodeDeploy deployment, DeploymentFailure among them."
  }

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:", var.deployment_news.topic_arn))
    error_message = "deployment_news.topic_arn must be the ARN of an SNS topic."
  }
}
