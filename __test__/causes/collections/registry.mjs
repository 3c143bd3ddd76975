// A class that registers jobs in a field and forgets to take them out; an ES module.

class Job {
  constructor(id) {
    this.id = id;
    this.text = `work ${id}`;
  }
}

class Registry {
  constructor() {
    this.jobs = new Map();
  }

  run(id) {
    this.jobs.set(`job/${id}`, new Job(id));
  }
}

export const registry = new Registry();
let number = 0;

export const round = () => registry.run(number++);
