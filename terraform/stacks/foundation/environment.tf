# The same in every stack: the workspace chooses the environment, and the environment's tfvars hold its values.

variable "data_folder" {
  description = "Terraform's data folder of this run: what TF_DATA_DIR says, where it is exported. Read to see which bucket the state is in."
  type        = string
  default     = ".terraform"
  nullable    = false
}

variable "environments_folder" {
  description = "Folder of the environments' values, from the stack's own folder. A variable, so that `terraform validate`, which knows no variable's value, checks the code and not an environment."
  type        = string
  default     = "../../environments"
  nullable    = false
}

locals {
  environments = "${path.module}/${var.environments_folder}"
  # In a workspace that is no environment the values of dev are read, and var.environment refuses them in words.
  folder = "${local.environments}/${fileexists("${local.environments}/${terraform.workspace}/common.tfvars") ? terraform.workspace : "dev"}"
  common = provider::terraform::decode_tfvars(file("${local.folder}/common.tfvars"))
  own    = merge([for name in fileset(local.folder, "${local.stack}.tfvars") : provider::terraform::decode_tfvars(file("${local.folder}/${name}"))]...)
  values = merge(local.common, local.own)

  declared = flatten([for name in fileset("${path.module}/resources", "*.tf") : regexall("(?m)^variable \"([a-z_]+)\"", file("${path.module}/resources/${name}"))])

  store        = try(jsondecode(file("${abspath(var.data_folder)}/terraform.tfstate")).backend, null)
  store_wanted = provider::terraform::decode_tfvars(file("${local.folder}/backend.s3.tfbackend"))

  # Where the state is and where it belongs, which workspace is selected, and which values no variable takes.
  run = {
    store_type         = try(local.store.type, "none")
    bucket             = try(local.store.config.bucket, "none")
    bucket_region      = try(local.store.config.region, "none")
    wanted_bucket      = local.store_wanted.bucket
    wanted_region      = local.store_wanted.region
    selected_workspace = try(trimspace(file("${abspath(var.data_folder)}/environment")), terraform.workspace)
    unknown_values     = sort(setsubtract(keys(local.own), local.declared))
  }
}
