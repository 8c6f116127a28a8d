// FileReaderSync exists in workers only, so the DOM's types lack it; src/ is checked with those.
interface FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}
// eslint-disable-next-line no-var -- as lib.webworker declares it, so that both can be read together
declare var FileReaderSync: { prototype: FileReaderSync; new (): FileReaderSync };
