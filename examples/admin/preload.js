// The admin endpoint in a service that nobody changes: LEAKSCAN_TOKEN=… node --require ./examples/admin/preload.js service.js
'use strict';

const { createAdmin } = require('leakscan/admin');

const { LEAKSCAN_TOKEN: token, ADMIN_PORT: port = 9464, WATCH: watch = '{}' } = process.env;
const admin = createAdmin({ token, watch: JSON.parse(watch), cooldown: 5000 });
admin.listen({ port: Number(port) }).then(({ url }) => process.send?.({ admin: `${url}#ticket=${admin.ticket({ ttl: 3_600_000 }).ticket}` }));
