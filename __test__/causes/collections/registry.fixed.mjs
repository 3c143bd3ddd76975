// The same registry, which takes finished jobs out.

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
    this.jobs.delete(`job/${id - 1}`);
  }
}

export const registry = new Registry();
let number = 0;

export const round = () => registry.run(number++);
