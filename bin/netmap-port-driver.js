#!/usr/bin/env node
import { main } from '../dist/src/port/main.js';

await main(process.argv.slice(2));
