// FileReaderSync exists in workers only, so the DOM's types lack it; src/ is checked with those.
interface FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}
declare var FileReaderSync: { prototype: FileReaderSync; new (): FileReaderSync };
