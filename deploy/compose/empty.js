// Empties the databases of tasks and notify, before a backup is restored: nothing is ever written over.
//   docker compose run --rm replica-set mongosh --quiet --nodb /lantian/empty.js
const { readFileSync } = require("fs");

const password = encodeURIComponent(readFileSync("/run/secrets/mongo_root_password", "utf8").trim());
const admin = connect(`mongodb://root:${password}@mongo:27017/admin?directConnection=true`);
for (const name of ["lantian_tasks", "lantian_notify"]) {
  admin.getSiblingDB(name).dropDatabase();
  print(`${name} is empty`);
}
