/** Doubles every quote of a shell's. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** A script that writes files below the current folder. */
export const writeFiles = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .map(([path, text]) => `mkdir -p "$(dirname '${path}')" && printf '%s' ${quoted(text)} >'${path}'`)
    .join("\n");

/**
 * A small application with the shape of the large ones: its installer asks for the database and writes a configuration
 * file, the addresses of its posts are rules in an `.htaccess` of its own, and pictures are uploaded.
 */
export const PRESS: Readonly<Record<string, string>> = {
  "press-config-sample.php": "<?php return ['host' => '', 'name' => '', 'user' => '', 'password' => ''];\n",
  "install.php": `<?php
if (is_file(__DIR__ . "/press-config.php")) { header("Location: /"); exit; }
if ($_POST) {
    $db = new mysqli($_POST["host"], $_POST["user"], $_POST["password"], $_POST["name"]);
    $db->query("CREATE TABLE posts (slug VARCHAR(50) PRIMARY KEY, title TEXT, picture TEXT)");
    file_put_contents(__DIR__ . "/.htaccess", "RewriteEngine On\\n" .
        "RewriteCond %{REQUEST_FILENAME} !-f\\nRewriteRule ^post/([a-z-]+)/$ index.php?slug=$1 [L]\\n");
    file_put_contents(__DIR__ . "/press-config.php", "<?php return " . var_export($_POST, true) . ";");
    header("Location: /write.php"); exit;
} ?><!doctype html><title>Install</title><h1>Install</h1><form method="post">
<?php foreach (["host", "name", "user", "password"] as $key): ?>
<label><?= $key ?> <input name="<?= $key ?>" value="<?= htmlspecialchars(getenv("DB_" . strtoupper($key))) ?>"></label>
<?php endforeach ?><button>Install</button></form>
`,
  "write.php": `<?php
$db = require __DIR__ . "/db.php";
if ($_POST) {
    if (!is_dir(__DIR__ . "/uploads")) mkdir(__DIR__ . "/uploads");
    $name = basename($_FILES["picture"]["name"]);
    if (!move_uploaded_file($_FILES["picture"]["tmp_name"], __DIR__ . "/uploads/$name")) { http_response_code(500); exit("not moved"); }
    $slug = strtolower(preg_replace("/\\\\W+/", "-", $_POST["title"]));
    $db->execute_query("INSERT INTO posts VALUES (?, ?, ?)", [$slug, $_POST["title"], "/uploads/$name"]);
    header("Location: /post/$slug/"); exit;
} ?><!doctype html><title>Write</title><form method="post" enctype="multipart/form-data">
<label>title <input name="title"></label><input type="file" name="picture"><button>Publish</button></form>
`,
  "db.php": `<?php
$config = require __DIR__ . "/press-config.php";
return new mysqli($config["host"], $config["user"], $config["password"], $config["name"]);
`,
  "index.php": `<?php
if (!is_file(__DIR__ . "/press-config.php")) { header("Location: /install.php"); exit; }
$db = require __DIR__ . "/db.php";
$post = $db->execute_query("SELECT * FROM posts WHERE slug = ?", [$_GET["slug"] ?? ""])->fetch_assoc();
if (!$post) exit("<h1>Press</h1>"); ?><!doctype html><title>Press</title>
<h1><?= htmlspecialchars($post["title"]) ?></h1><img src="<?= $post["picture"] ?>" alt="">
`,
};

/** As `npm create vite` makes them, but without packages to download: the app is one script with routes of its own. */
export const ROUTED: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ type: "module", scripts: { build: "node build.js" } }),
  "build.js": `import { cpSync, rmSync } from "node:fs";
rmSync("dist", { recursive: true, force: true });
cpSync("public", "dist", { recursive: true });
cpSync("src/app.js", "dist/assets/app-4f9Kq2Zx.js");
cpSync("template.html", "dist/index.html");
`,
  "template.html": `<!doctype html><div id="app"></div><script type="module" src="/assets/app-4f9Kq2Zx.js"></script>`,
  "public/favicon.svg": `<svg xmlns="http://www.w3.org/2000/svg"/>`,
  "src/app.js": `const show = () => { document.querySelector("#app").innerHTML =
  "<h1>" + location.pathname + '</h1><a href="/about/us">About</a>'; };
document.addEventListener("click", (event) => { if (event.target.href) { event.preventDefault(); history.pushState({}, "", event.target.href); show(); } });
show();
`,
  ".gitignore": "dist\n",
};

/** One red pixel. */
export const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC",
  "base64",
);
