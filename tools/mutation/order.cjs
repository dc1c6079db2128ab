// Properties take seconds, tables milliseconds: a mutant that a table notices needs no property.
const { readFileSync } = require('node:fs');
const Sequencer = require('@jest/test-sequencer').default;

const isProperty = ({ path }) => readFileSync(path, 'utf8').includes("from 'fast-check'");

module.exports = class extends Sequencer {
  sort(tests) {
    const byName = [...tests].sort((a, b) => (a.path < b.path ? -1 : 1));
    return byName.sort((a, b) => Number(isProperty(a)) - Number(isProperty(b)));
  }
};
