// Runs the suite against a cache:
//     node client.mjs SUITE URL [ID]
// and prints, as JSON, its sections with the result of each test, for the cache and
// for those whose results the suite ships. SUITE is the folder of the suite's
// package. With ID only that test runs, and all that is sent is printed before.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [suite, url, id] = process.argv.slice(2)
const load = path => import(`${suite}/${path}`)
const { default: sections } = await load('tests/index.mjs')
const { default: surrogate } = await load('tests/surrogate-control.mjs')
const { default: published } = await load('results/index.mjs')
const { determineTestResult } = await load('lib/display.mjs')
const { runTests, getResults } = await load('client/runner.mjs')
const nodeFetch = createRequire(`${suite}/`)('node-fetch')

// A response is stored after the client has it; the next request must not overtake
// that.
const PAUSE_MS = 100
const fetch = (...request) =>
  new Promise(resolve => setTimeout(resolve, PAUSE_MS)).then(() => nodeFetch(...request))

const all = [...sections, surrogate]
const wanted = all.map(section => ({
  ...section,
  tests: section.tests.filter(test =>
    test.browser_only !== true && (id === undefined || test.id === id))
}))
if (id !== undefined) {
  wanted.forEach(({ tests }) => tests.forEach(test => { test.dump = true }))
}
await runTests(wanted, fetch, false, url)
const own = getResults()

// The last of what the suite gives for a result is its sign in plain text.
const resultOf = (results, test) => ({
  '✅': 'pass',
  '⛔️': 'fail',
  '⚠️': 'optional_fail',
  Y: 'yes',
  N: 'no',
  '🔹': 'setup_fail',
  '⁉️': 'harness_fail',
  '⚪️': 'dependency_fail',
  '↻': 'retry',
  '-': 'untested'
})[determineTestResult(all, test.id, results)[2]]
const readJson = path => JSON.parse(readFileSync(`${suite}/${path}`))
const others = published
  .filter(({ type }) => type === 'rev-proxy')
  .map(({ name, version, file }) => ({ name, version, results: readJson(`results/${file}`) }))

process.stdout.write(JSON.stringify({
  version: readJson('package.json').version,
  others: others.map(({ name, version }) => ({ name, version })),
  sections: wanted.filter(({ tests }) => tests.length > 0).map(({ name, tests }) => ({
    name,
    tests: tests.map(test => ({
      id: test.id,
      result: resultOf(own, test),
      message: own[test.id]?.[1] ?? '',
      others: others.map(({ results }) => resultOf(results, test))
    }))
  }))
}))
