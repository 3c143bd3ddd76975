// Leaks unbounded-collection, 1 per round.
// A unit of work for the whole process: its identity map keeps every entity by class and key, with what it was loaded as.

import load from '../load.cjs';

class Entity {
  constructor(id, name) {
    Object.assign(this, { id, name });
  }
}

class EntityManager { // leak
  #identities = new Map();
  #originals = new WeakMap();

  find(type, id) { // leak
    let entities = this.#identities.get(type);
    if (!entities) this.#identities.set(type, (entities = new Map())); // leak
    let entity = entities.get(id);
    if (!entity) {
      entity = new type(id, load.text(id));
      entities.set(id, entity);
      this.#originals.set(entity, { ...entity });
    }
    return entity;
  }
}

const manager = new EntityManager();

export const round = async (number) => manager.find(Entity, `user-${number}`).name.length;
