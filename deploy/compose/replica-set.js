// Makes the one-node replica set and one account per service; harmless when run again, and sets changed passwords.
// Run by mongosh --nodb. The same text lies in deploy/k8s/overlays/single-node/mongo.yaml.
const { readFileSync } = require("fs");

const folder = process.env.SECRETS_FOLDER ?? "/run/secrets";
const secret = (name) => readFileSync(`${folder}/${name}`, "utf8").trim();
const password = encodeURIComponent(secret("mongo_root_password"));
const admin = connect(`mongodb://root:${password}@mongo:27017/admin?directConnection=true`);

function initiated() {
  try {
    admin.runCommand({ replSetGetStatus: 1 });
    return true;
  } catch (error) {
    if (error.codeName === "NotYetInitialized") return false;
    throw error;
  }
}

if (!initiated()) {
  admin.runCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] } });
}
while (!admin.hello().isWritablePrimary) sleep(200);

for (const service of ["tasks", "notify"]) {
  const account = {
    pwd: secret(`mongo_${service}_password`),
    roles: [{ role: "readWrite", db: `lantian_${service}` }],
  };
  if (admin.getUser(`lantian_${service}`)) admin.updateUser(`lantian_${service}`, account);
  else admin.createUser({ user: `lantian_${service}`, ...account });
}
print("replica set and accounts are in place");
