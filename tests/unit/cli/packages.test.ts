import { expect, test } from "@jest/globals";
import { refuseUnknown } from "../../../cli/images/packages";

const known = new Set(["imagemagick", "jq", "php8.4-tidy", "php8.4-xml"]);

test("packages that Debian has pass", () => {
  expect(() => refuseUnknown(["jq", "php8.4-tidy"], known)).not.toThrow();
});

test("each that it has not is named, with the nearest one", () => {
  expect(() => refuseUnknown(["jq", "imagemagik", "php8.4-tydy"], known)).toThrow(
    "2 problems in the stack's config; nothing was changed.\n" +
      '  config/packages/1: "imagemagik" is not a package of Debian trixie: use imagemagick, or leave it out\n' +
      '  config/packages/2: "php8.4-tydy" is not a package of Debian trixie: use php8.4-tidy, or leave it out',
  );
});
