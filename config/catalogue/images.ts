/** Every image, by the name of its folder in `images/`. */
export const IMAGES = {
  base: {},
  php: { parent: "base" },
  "apache-php": { parent: "php" },
  "code-server": { parent: "php" },
  mariadb: { parent: "base" },
  redis: { parent: "base" },
  gateway: { parent: "base" },
  node: { parent: "base" },
  portal: { parent: "node" },
  "git-server": { parent: "base" },
  "ci-master": { parent: "base" },
  "ci-worker": { parent: "php" },
  mail: { parent: "node" },
  access: { parent: "node" },
  roster: { parent: "base" },
} as const satisfies Record<string, { readonly parent?: string }>;

export type ImageName = keyof typeof IMAGES;

/** The image that another one builds on; base builds on Debian's. */
export const parentOf = (image: ImageName): ImageName | undefined =>
  (IMAGES[image] as { readonly parent?: ImageName }).parent;
