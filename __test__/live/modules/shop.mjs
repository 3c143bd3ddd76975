// An ES module with an emitter that it exports, and one that only its functions use.

import { EventEmitter } from 'node:events';
import './half.mjs';

class Exported extends EventEmitter {}
class Private extends EventEmitter {}

export const orders = new Exported().on('order', () => {});
const stock = new Private().on('empty', () => {});
export const restock = () => stock.emit('empty');
