import { z } from "zod";
import { WORKLOAD_IMAGES, type WorkloadImage } from "../catalogue";
import {
  accountProblems,
  annotations,
  group,
  IMAGE_HOST,
  IMAGE_PATH,
  objectName,
  pattern,
  quantity,
  registry as registryAddress,
  secret,
  subnetPool,
  text,
  typeError,
  url,
} from "./values";

/** Where the environment runs, and where its images and packages come from. */

export const docker = group({
  subnets: subnetPool
    .default("10.192.0.0/12")
    .describe(
      "Address pool for the members' private networks (a /28 each). Choose one that your network does not use.",
    ),
})
  .prefault({})
  .describe("Options of the docker target.");

export const kubernetes = group({
  context: text("kind-dev")
    .regex(/\S/, { error: "is empty: leave the key out to use the current context" })
    .optional()
    .describe("Context of the kubeconfig. Default: its current one."),
  storageClass: objectName("storage class", "standard")
    .optional()
    .describe("Storage class of every volume. Default: the cluster's own."),
  storage: quantity(1, 10_240, "GiB", 5).default(5).describe("Size of every volume in GiB."),
  accessMode: z
    .enum(["ReadWriteOnce", "ReadWriteMany"], {
      error: "is not a known access mode: use ReadWriteOnce or ReadWriteMany",
    })
    .default("ReadWriteOnce")
    .describe(
      "Access mode of every volume. With ReadWriteOnce, what shares a volume runs on one node; " +
        "ReadWriteMany needs a storage class that offers it.",
    ),
  service: group({
    type: z
      .enum(["ClusterIP", "NodePort", "LoadBalancer"], {
        error: "is not a known type: use ClusterIP, NodePort or LoadBalancer",
      })
      .default("ClusterIP")
      .describe(
        "Type of the gateway's Service. ClusterIP is reached by kubectl port-forward or an ingress; " +
          "with NodePort, `port` is the port of the nodes.",
      ),
    annotations: annotations.describe("Annotations of the gateway's Service, such as a load balancer's."),
  })
    .prefault({})
    .describe("How the cluster publishes the gateway."),
  ingress: group({
    className: objectName("ingress class", "nginx").optional().describe("Ingress class. Default: the cluster's own."),
    annotations: annotations.describe("Annotations of the Ingress."),
    tlsSecret: objectName("secret's name", "hackathon-tls")
      .optional()
      .describe(
        "TLS secret in the team's namespace with a certificate for the domain and every name below it. " +
          "With it, every URL is https.",
      ),
  })
    .optional()
    .describe("An Ingress in front of the gateway, for the domain and every name below it. Default: none."),
  gatewayApi: group({
    gateway: objectName("gateway's name", "public").describe("Name of the Gateway that the HTTPRoute belongs to."),
    namespace: objectName("namespace", "infra").describe("Namespace of the Gateway."),
    sectionName: objectName("listener's name", "https").optional().describe("Listener of the Gateway. Default: all."),
    annotations: annotations.describe("Annotations of the HTTPRoute."),
    tls: z
      .boolean({ error: typeError("true") })
      .default(false)
      .describe("Whether the Gateway ends TLS. With it, every URL is https."),
  })
    .optional()
    .describe("A Gateway-API HTTPRoute in place of an Ingress. Default: none."),
})
  .prefault({})
  .describe("Options of the kubernetes target.");

export const registry = group({
  push: registryAddress.describe("Registry that images are pushed to, as this machine reaches it."),
  pull: registryAddress.optional().describe("The same registry as the cluster's nodes reach it. Default: `push`."),
  user: secret(1, "user").optional().describe("Account with which the nodes pull, where the registry asks for one."),
  password: secret(1, "password")
    .optional()
    .describe("Password of that account. Pushing uses what docker login has kept."),
})
  .superRefine((account, context) => accountProblems(account, context))
  .optional()
  .describe("Registry of the kubernetes target's images. Not needed where `images` has all of them.");

const prebuilt = (image: WorkloadImage) =>
  pattern(
    new RegExp(`^${IMAGE_HOST}(?:/${IMAGE_PATH})+(?::\\w[\\w.-]{0,127})?@sha256:[0-9a-f]{64}$`),
    "image",
    `a reference with its digest, such as registry.example.org/muster/${image}@sha256:<64 hex digits>`,
    `registry.example.org/muster/${image}@sha256:…`,
  ).describe(`Reference of the ${image} image.`);

export const images = group(
  Object.fromEntries(WORKLOAD_IMAGES.map((image) => [image, prebuilt(image).optional()])) as Record<
    WorkloadImage,
    z.ZodOptional<z.ZodString>
  >,
)
  .default({})
  .describe(
    "Prebuilt images of the kubernetes target by name, each with its digest: they are neither built nor pushed. " +
      "With all of them, no Docker is needed.",
  );

export const mirrors = group({
  apt: url("http://deb.debian.org/debian").optional().describe("Debian mirror."),
  aptSecurity: url("http://deb.debian.org/debian-security").optional().describe("Mirror of Debian's security updates."),
  npm: url("https://npm.example.org").optional().describe("npm registry."),
  pypi: url("https://pypi.example.org/simple").optional().describe("Python package index."),
  composer: url("https://packages.example.org")
    .optional()
    .describe("Composer repository that stands in for packagist.org, in terminals and in the CI."),
  extensions: url("https://open-vsx.example.org")
    .optional()
    .describe("Open VSX registry that editors install extensions from."),
})
  .default({})
  .describe(
    "Package mirrors for image builds and for the members' terminals, where an account in an address can be read. " +
      "Default: each client's own.",
  );

/** Something wrong with the value at `path`. */
export interface TargetProblem {
  readonly path: readonly string[];
  readonly message: string;
}

interface ClusterConfig {
  readonly port: number;
  readonly httpPort?: number | undefined;
  readonly registry?: { readonly push: string } | undefined;
  readonly images: Readonly<Partial<Record<WorkloadImage, string | undefined>>>;
  readonly kubernetes: {
    readonly service: { readonly type: string };
    readonly ingress?: object | undefined;
    readonly gatewayApi?: object | undefined;
  };
}

/** What is wrong with values of the kubernetes target that are each right by themselves. */
export function* clusterProblems({
  port,
  httpPort = 0,
  registry,
  images,
  kubernetes,
}: ClusterConfig): Iterable<TargetProblem> {
  if (registry === undefined && WORKLOAD_IMAGES.some((image) => images[image] === undefined)) {
    yield {
      path: ["registry"],
      message: "is missing: name the registry of the images, for example { push: registry.example.org/muster }",
    };
  }
  const { service, ingress, gatewayApi } = kubernetes;
  const entrance = ingress !== undefined || gatewayApi !== undefined;
  const isNodePort = (each: number) => each >= 30_000 && each <= 32_767;
  if (service.type === "NodePort" && !entrance) {
    const message = "cannot be a node port: use 30000 to 32767, or another kubernetes/service/type";
    if (!isNodePort(port)) yield { path: ["port"], message };
    if (httpPort > 0 && !isNodePort(httpPort)) yield { path: ["httpPort"], message };
  }
  if (ingress !== undefined && gatewayApi !== undefined) {
    yield { path: ["kubernetes", "gatewayApi"], message: "comes beside an ingress: keep one of the two" };
  }
}
