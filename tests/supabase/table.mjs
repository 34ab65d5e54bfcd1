// Runs a table of cases through a real client's own builder. Given: {client, url, people, ids, cases}; says a line each.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const given = JSON.parse(readFileSync(0, "utf8"));
const { createClient } = createRequire(given.folder)(given.client);

const clients = {};
for (const [name, { key, token }] of Object.entries(given.people)) {
  clients[name] = createClient(given.url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: token ? { headers: { Authorization: `Bearer ${token}` } } : {},
  });
}

for (const { name, who, call, view } of given.cases) {
  const run = new Function("db", "ids", "generations", "images", `return ${call}`);
  const db = clients[who];
  const seen = new Function("data", "ids", `return ${view}`);
  let said;
  try {
    const { data, error, count, status } = await run(db, given.ids, () => db.from("image_generations"), () => db.from("images"));
    said = { name, status, data: error ? data : seen(data, given.ids), count, error };
  } catch (thrown) {
    said = { name, thrown: String(thrown) };
  }
  console.log(JSON.stringify(said));
}
