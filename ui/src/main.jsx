import { render } from 'preact';
import { Entry } from './entry.jsx';
import './style/base.css';
import './style/shell.css';
import './style/parts.css';
import './style/views.css';

const data = document.getElementById('leakscan-data');
render(<Entry embedded={data ? JSON.parse(data.textContent) : undefined} />, document.getElementById('page'));
