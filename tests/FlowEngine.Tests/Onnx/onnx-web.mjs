// Runs ONNX files in onnxruntime-web:
//   node onnx-web.mjs FOLDER CASES
// FOLDER has node_modules; CASES is a folder of cases.json, [{ file, inputs: [{ name, sizes, data }], outputs: [name] }], and of the
// files it names. Prints [[data of each output] of each case]. Data are float32 in base64.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [folder, cases] = process.argv.slice(2).map((path) => resolve(path));
const ort = createRequire(join(folder, "package.json"))("onnxruntime-web");
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

const results = [];
for (const one of JSON.parse(readFileSync(join(cases, "cases.json"), "utf8"))) {
    const session = await ort.InferenceSession.create(readFileSync(join(cases, one.file)));
    const feeds = {};
    for (const input of one.inputs) {
        const bytes = Uint8Array.from(Buffer.from(input.data, "base64"));
        feeds[input.name] = new ort.Tensor("float32", new Float32Array(bytes.buffer), input.sizes);
    }
    const outputs = await session.run(feeds);
    results.push(one.outputs.map((name) => Buffer.from(new Uint8Array(outputs[name].data.slice().buffer)).toString("base64")));
    await session.release();
}
process.stdout.write(JSON.stringify(results));
