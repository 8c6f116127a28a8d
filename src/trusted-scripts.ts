// The one way to name a script that is to run: where a page's policy asks for trusted types (build/content-security-policy.ts),
// the browser takes no address from anyone else. Workers from Blobs inherit that policy, and use this as well.

/** Of https://www.w3.org/TR/trusted-types/, which TypeScript's library lacks. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (address: string) => string },
  ): { createScriptURL(address: string): string };
}

/** How the addresses of extensions begin. */
const EXTENSION = 'data:text/javascript;charset=utf-8,';

/** As build/content-security-policy.ts names it. */
const POLICY = 'darkroom';

/** A worker has no document, and is given whole addresses. */
const { trustedTypes, document } = globalThis as {
  readonly trustedTypes?: TrustedTypes;
  readonly document?: { readonly baseURI: string };
};
const policy = trustedTypes?.createPolicy(POLICY, { createScriptURL: ownScript }) ?? {
  createScriptURL: ownScript,
};

/** An address for `new Worker` and its like. @throws TypeError for a script that is not Darkroom's own. */
export function scriptAddress(address: string): string {
  return policy.createScriptURL(address);
}

/** An address that is itself a script, of an extension that the person has installed: for workers that are of no origin. */
export function extensionAddress(script: string): string {
  return scriptAddress(`${EXTENSION}${encodeURIComponent(script)}`);
}

/** Blobs of this page, files of the site, and extensions. */
function ownScript(address: string): string {
  if (address.startsWith(EXTENSION)) return address;
  const { protocol, href } = new URL(address, document?.baseURI);
  const own = protocol === 'blob:' || (location.origin !== 'null' && href.startsWith(`${location.origin}/`));
  if (!own) throw new TypeError(`${href} is not one of Darkroom's scripts.`);
  return href;
}
