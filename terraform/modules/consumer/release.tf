# The same in every service's stack: which release is deployed, and how it takes over.

variable "release" {
  description = "The release to deploy, as terraform/environments/<env>/releases.json names it: its version, and the base64 SHA-256 and commit of the zip it was built as. `make release` and `make promote` write it."
  type = object({
    version       = string
    sha256_base64 = optional(string)
    commit        = optional(string)
  })
  default = null

  validation {
    condition     = var.release != null
    error_message = "terraform/environments/${var.environment}/releases.json names no release of this service: make release SERVICE=… builds one for dev, make promote SERVICE=… FROM=dev ENV=${var.environment} takes it further."
  }

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$", try(var.release.version, "0.0.0")))
    error_message = "The release's version must be a semantic version such as 1.4.0."
  }

  validation {
    condition     = var.release == null || can(regex("^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$", var.release.sha256_base64))
    error_message = "The release's sha256_base64 must be the base64 form of a SHA-256 (44 characters), as make release writes it: the zip's key is made of it."
  }
}

variable "traffic" {
  description = "Who moves the traffic to a new version: `apply` (at once) or `canary` (make shift, a share first)."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["apply", "canary"], var.traffic)
    error_message = "traffic must be apply or canary."
  }
}

variable "canary" {
  description = "Share of the traffic that a new version gets first, in percent (1 to 50), and the events an hour that are expected: how long the share is enough to judge by follows."
  type = object({
    percent         = number
    events_per_hour = number
  })
  nullable = false

  validation {
    condition     = var.canary.percent > 0 && var.canary.events_per_hour > 0
    error_message = "canary.percent and canary.events_per_hour must be above 0."
  }
}

variable "log_retention_days" {
  description = "Days logs are kept: 14 in dev, 30 in staging, 90 in prod."
  type        = number
  nullable    = false

  validation {
    condition     = contains([14, 30, 90], var.log_retention_days)
    error_message = "log_retention_days must be 14 (dev), 30 (staging) or 90 (prod)."
  }
}

variable "reserved_concurrency" {
  description = "Concurrent executions kept for this function, 2 to 1000."
  type        = number
  nullable    = false

  validation {
    condition     = var.reserved_concurrency >= 2 && var.reserved_concurrency <= 1000
    error_message = "reserved_concurrency must be 2 to 1000."
  }
}

# The zip's key holds its digest as sha256sum prints it, made of the recorded one: 6 bits a character there, 4 here.
locals {
  base64 = split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  bits   = join("", [for character in split("", trimsuffix(var.release.sha256_base64, "=")) : format("%06b", index(local.base64, character))])
  digest = join("", [for at in range(0, 256, 4) : format("%x", parseint(substr(local.bits, at, 4), 2))])
}

# S3 computed the checksum itself when the zip was uploaded: what is deployed is what was released, to the byte.
data "aws_s3_object" "artefact" {
  bucket        = module.inputs.artefact_bucket
  key           = "${local.service}/${var.release.version}/${local.digest}.zip"
  checksum_mode = "ENABLED"

  lifecycle {
    postcondition {
      condition     = length(self.checksum_sha256) > 0
      error_message = "${self.key} has no SHA-256 in its bucket: it was not uploaded by make release or make promote. Delete it and promote it again."
    }

    postcondition {
      # S3 says the bytes' SHA-256, of an upload in parts another one with a -4; checksum_sha256-… says a stand-in without an account
      condition     = startswith(self.checksum_sha256, "checksum_sha256-") || self.checksum_sha256 == var.release.sha256_base64
      error_message = "The bytes of ${self.key} in ${var.environment} are not those that were released: the bucket says ${self.checksum_sha256}. Nothing is deployed. Find out who replaced it, then promote the release again."
    }
  }
}

locals {
  package = {
    bucket = data.aws_s3_object.artefact.bucket
    key    = data.aws_s3_object.artefact.key
    # Between plan and apply nobody can put other bytes in its place.
    object_version = data.aws_s3_object.artefact.version_id
    sha256_base64  = var.release.sha256_base64
  }
}
