"use strict";
// Leaks unbounded-collection, 1 per round.
// What TypeScript makes of a service with a private cache, for an old target.
var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.round = exports.PriceService = void 0;
var PriceService = /** @class */ (function () {
    function PriceService() { // leak
        this.prices = new Map();
    }
    PriceService.prototype.price = function (sku) { // leak
        return __awaiter(this, void 0, void 0, function* () {
            let price = this.prices.get(sku);
            if (price === undefined) {
                price = { sku: sku, amount: sku.length * 1.5, history: new Array(50).fill(sku) };
                this.prices.set(sku, price);
            }
            return price;
        });
    };
    return PriceService;
}());
exports.PriceService = PriceService;
const service = new PriceService();
const round = (number) => __awaiter(void 0, void 0, void 0, function* () { return (yield service.price("sku-" + number + "-" + Date.now())).amount; });
exports.round = round;
