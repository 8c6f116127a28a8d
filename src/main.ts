// Entrance of the page.
import { mount } from 'svelte';
import Root from './ui/Root.svelte';
import './ui/styles/tokens.css';
import './ui/styles/base.css';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app.');
mount(Root, { target });
