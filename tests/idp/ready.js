// Says on standard output what this machine lacks for the provider, and ends with 1; nothing and 0 where all is there.

const [major, minor] = process.versions.node.split('.').map(Number);
const lacking = [];
if (major < 20 || (major === 20 && minor < 12)) lacking.push(`Node 20.12 or newer (this is ${process.version})`);
else await import('oidc-provider').catch(() => lacking.push('oidc-provider'));
if (lacking.length) {
  console.log(lacking.join(', '));
  process.exitCode = 1;
}
