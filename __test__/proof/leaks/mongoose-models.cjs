'use strict';
// Leaks unbounded-collection or listeners, 1 per round.
// A model for every tenant, on the one connection, which keeps them all.

const mongoose = require('mongoose');

const connection = mongoose.createConnection();

exports.round = async (number) => {
  const schema = new mongoose.Schema({ name: String, number: Number }, { autoIndex: false, autoCreate: false });
  const Order = connection.model(`Order_${number}`, schema);
  return new Order({ name: 'someone', number }).toObject();
};
