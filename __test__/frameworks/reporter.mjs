// A reporter for node:test: a line of JSON for each test that ran.

export default async function* lines(source) {
  for await (const { type, data } of source) {
    if (!/^test:(pass|fail)$/.test(type) || data.nesting > 0 || data.details.type === 'suite' || data.skip !== undefined) continue;
    const failure = data.details.error?.cause?.message ?? data.details.error?.message;
    yield `${JSON.stringify({ file: data.file, title: data.name, failure })}\n`;
  }
}
