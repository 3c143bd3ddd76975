test('leaves something behind', () => {
  if (process.env.LEAVE) require('./left.cjs').leave();
});
